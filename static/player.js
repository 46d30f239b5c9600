/** Owns the pace of the picture: a change of the line is told step by step, and everything else is shown at once.
 * Runs on each render. What changes meanwhile is told next, in its order; where too much does, the end is shown at once. */

import { AT_REST, isAnotherLine, storyOf } from "./story.js";

const MOST_WAITING = 3;

export class Player {
  /** `show(frame, isPlaying)`; `isStill()`: whether this viewer wants no motion. */
  constructor({ show, isStill }) {
    this.show = show;
    this.isStill = isStill;
    this.shown = null; // the picture that is on the screen, or that the story on it ends in
    this.frame = null; // of the story that is told
    this.waiting = []; // pictures that came meanwhile, of one line each
    this.timer = null;
  }

  /** Have this picture on the screen: now, or when what is being told has been told. */
  present(picture) {
    const isTelling = this.timer !== null && !this.isStill();
    if (isTelling && picture.epoch === this.shown.epoch && picture.leader !== null) this.wait(picture);
    else {
      this.forget();
      this.take(picture);
    }
  }

  /** Nobody looks: what happens until the next picture is not told. */
  skip() {
    this.forget();
    this.shown = null;
  }

  wait(picture) {
    if (this.frame.seats === this.shown.seats && !isAnotherLine(this.shown, picture) && this.waiting.length === 0) {
      this.shown = picture; // the end is on the screen, and only its words are newer
      this.frame = { ...this.frame, seats: picture.seats };
      this.show(this.frame, true);
      return;
    }
    const last = this.waiting.at(-1);
    if (last !== undefined && !isAnotherLine(last, picture)) this.waiting.pop(); // only its words are newer
    this.waiting.push(picture);
    if (this.waiting.length > MOST_WAITING) this.waiting = [picture];
  }

  take(picture) {
    const before = this.shown;
    // While nobody leads nothing says which token was the last: it is the one that was known before.
    this.shown = { ...picture, token: picture.token ?? before?.token ?? null };
    const isToTell = before !== null && before.epoch === picture.epoch && picture.leader !== null && !this.isStill()
      && isAnotherLine(before, picture);
    if (isToTell) this.play(storyOf(before, picture));
    else {
      this.show({ seats: picture.seats, stages: new Map(), caption: AT_REST }, false);
      this.takeNext();
    }
  }

  takeNext() {
    const next = this.waiting.shift();
    if (next !== undefined) this.take(next);
  }

  play([frame, ...rest]) {
    const isEnd = rest.length === 0;
    this.frame = isEnd ? { ...frame, seats: this.shown.seats } : frame;
    this.show(this.frame, !isEnd);
    if (isEnd) {
      this.takeNext();
      return;
    }
    this.timer = setTimeout(() => {
      this.timer = null;
      this.play(rest);
    }, frame.ms);
  }

  forget() {
    clearTimeout(this.timer);
    this.timer = null;
    this.waiting = [];
  }
}
