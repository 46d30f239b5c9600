import java.util.concurrent.CountDownLatch;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.apache.curator.retry.ExponentialBackoffRetry;

/**
 * Curator's LeaderLatch as a contender: java … CuratorLatch.java HOSTS NAME TIMEOUT_S.
 * Says "joined" when it stands in line and "leads" with the Unix time when it leads; SIGTERM makes it leave in order.
 */
public final class CuratorLatch {
    public static void main(String[] words) throws Exception {
        int timeoutMs = (int) (Double.parseDouble(words[2]) * 1000);
        CuratorFramework client =
                CuratorFrameworkFactory.newClient(words[0], timeoutMs, timeoutMs, new ExponentialBackoffRetry(50, 10));
        client.start();
        client.blockUntilConnected();
        LeaderLatch latch = new LeaderLatch(client, "/curator", words[1]);
        latch.addListener(new LeaderLatchListener() {
            @Override
            public void isLeader() {
                say("leads");
            }

            @Override
            public void notLeader() {}
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                latch.close();
            } catch (java.io.IOException error) {
                say("could not leave: " + error);
            }
            client.close();
        }));
        latch.start();
        while (latch.getParticipants().stream().noneMatch(one -> one.getId().equals(words[1]))) {
            Thread.sleep(10);
        }
        say("joined");
        new CountDownLatch(1).await();
    }

    private static void say(String what) {
        System.out.println(what + " " + System.currentTimeMillis() / 1000.0);
    }
}
