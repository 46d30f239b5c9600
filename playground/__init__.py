"""The whole cluster on one machine, as plain processes on a real ZooKeeper that it starts itself."""
