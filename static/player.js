/** Owns the pace of the picture: a change of the line is told step by step, and everything else is shown at once.
 * Runs on each render. It keeps the newest picture and one story; what changes meanwhile is told when that one is over. */

import { AT_REST, isAnotherLine, storyOf } from "./story.js";

export class Player {
  /** `show(frame, isPlaying)`; `isStill()`: whether this viewer wants no motion, or cannot see any now. */
  constructor({ show, isStill }) {
    this.show = show;
    this.isStill = isStill;
    this.shown = null; // the picture that the line on the screen comes from
    this.latest = null;
    this.timer = null;
  }

  /** Have this picture on the screen: now, or when what is being told has been told. */
  present(picture) {
    this.latest = picture;
    if (this.timer !== null && !this.isStill()) return;
    this.stop();
    const before = this.shown;
    const isToTell = before !== null && before.epoch === picture.epoch && isAnotherLine(before, picture)
      && !this.isStill();
    this.shown = picture;
    if (isToTell) this.play(storyOf(before, picture));
    else this.show({ seats: picture.seats, stages: new Map(), caption: AT_REST }, false);
  }

  play([frame, ...rest]) {
    this.show(frame, rest.length > 0);
    if (rest.length === 0) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (rest.length > 1) this.play(rest);
      else this.present(this.latest); // the last frame is the picture as it was when the story began
    }, frame.ms);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
  }
}
