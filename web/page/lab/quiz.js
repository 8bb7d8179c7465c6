/** The quiz: mark the optic disc, the fovea and what is suspicious, then see the truth. */

import { isExample } from '../case/case.js';
import { write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { byKeys } from '../shell/focus.js';
import { lesionColours, picture } from '../viewer/layers.js';
import { Viewer } from '../viewer/viewer.js';
import { number, t, translate } from '../words/i18n.js';
import { inWidths, nameOf } from '../words/terms.js';
import { creditOf } from './credit.js';
import { LAST_ROUND, sampleOf } from './link.js';
import { distanceTo, peakOf, placesOf } from './maps.js';
import { diseaseFor, judge, PHANTOMS, rate, roundPhantoms, TASKS } from './rules.js';
import { FULL, fromPhantom, nearestRun } from './subject.js';

/**
 * @import { Example } from '../case/case.js'
 * @import { Context } from '../shell/context.js'
 * @import { Mark, Overlay } from '../viewer/viewer.js'
 * @import { Place } from './maps.js'
 * @import { Judgement, Task } from './rules.js'
 * @import { Subject, Wish } from './subject.js'
 */

/** @typedef {{ task: Task, at: Place, judgement: Judgement | null }} Answer null where no truth is known */

export class Quiz {
  #context;
  #wanted;
  /** @type {Viewer | null} made when the quiz is first seen */
  #viewer = null;
  /** Ends the wait for a click. */
  #stop = () => {};
  #turn = 0;
  #round = 1;
  /** Which phantom of the round, from 0; PHANTOMS when it is over. */
  #seat = 0;
  /** @type {Subject | null} */
  #subject = null;
  /** The photograph of the first part, to be marked in place of phantoms. @type {Subject | null} */
  #real = null;
  #onReal = false;
  /** Those of this photograph. @type {Answer[]} */
  #answers = [];
  /** @type {readonly Task[]} */
  #tasks = [];
  #right = 0;
  #asked = 0;
  /** Whether the photograph is being drawn, or the network's answer on it is still to come. */
  #waits = false;
  #stage = make('figure', { class: 'stage', 'aria-describedby': 'teach-quiz-keys' });
  #where = make('p', { class: 'fine teach-where' });
  #question = make('h2', { class: 'teach-question' });
  #hint = make('p', { class: 'teach-hint' });
  #list = make('ol', { class: 'teach-feedback' });
  #network = make('p', { class: 'teach-network' });
  #score = make('p', { class: 'teach-score' });
  #next = make('button', { type: 'button', class: 'primary', 'data-act': 'next' });
  #again = make('button', { type: 'button', 'data-act': 'again', 'data-t': 'teach.quiz.again' });
  #credit = make('p', { class: 'fine' });
  #which = make('div', { class: 'teach-choice' });
  #select = /** @type {HTMLSelectElement} */ (make('select', { id: 'teach-quiz-which' }));
  root;

  /** @param {Context} context @param {() => void} wanted when wishes() changed */
  constructor(context, wanted) {
    this.#context = context;
    this.#wanted = wanted;
    this.#which.append(make('label', { for: 'teach-quiz-which', 'data-t': 'teach.quiz.which' }), this.#select);
    const keys = make('p', { class: 'fine', id: 'teach-quiz-keys', 'data-t': 'teach.quiz.keys' });
    const ask = make('div', { class: 'teach-ask' }, this.#which, this.#where, this.#question, this.#hint);
    const buttons = make('div', { class: 'actions' }, this.#next, this.#again);
    const side = make('div', { class: 'teach-side' }, this.#list, this.#network, buttons, this.#score);
    this.root = make(
      'div',
      { class: 'teach-quiz' },
      ask,
      make('div', { class: 'teach-board' }, this.#stage, this.#credit, keys),
      side,
    );
    translate(this.root);
    this.#next.addEventListener('click', () => this.#go());
    this.#again.addEventListener('click', () => {
      this.start(this.#round);
      this.#stage.focus({ preventScroll: !byKeys() });
    });
    this.#select.addEventListener('change', () => this.#choose(this.#select.value === 'real'));
  }

  /** What a link has to hold. */
  get state() {
    if (this.#onReal) return { subject: this.#real, round: this.#round };
    return { subject: null, round: this.#round, seat: Math.min(this.#seat, PHANTOMS - 1) };
  }

  /** What a link brings back. @param {{ round: number, seat: number, real: boolean }} state seat: from 0; real: the photograph of the first part, once it is there */
  ask({ round, seat, real }) {
    this.#onReal = real;
    if (this.#viewer !== null) return this.start(round, seat);
    [this.#round, this.#seat] = [round, Math.min(PHANTOMS - 1, seat)];
  }

  opened() {
    if (this.#viewer === null) {
      this.#viewer = new Viewer(this.#stage, { tools: false });
      this.#stage.setAttribute('data-t-label', 'teach.quiz.stage');
      translate(this.root);
    }
    if (this.#turn === 0) this.start(this.#round, this.#seat);
    this.render();
  }

  /** The photograph of the first part; phantoms there are no other than phantoms here. @param {Subject} subject */
  offer(subject) {
    const before = this.#real;
    this.#real = subject.kind === 'phantom' ? null : subject;
    if (this.#onReal && (this.#real !== before || this.#real === null)) this.#choose(this.#real !== null);
    else this.#showChoice();
  }

  /** @param {boolean} real */
  #choose(real) {
    this.#onReal = real && this.#real !== null;
    this.start(this.#round);
  }

  /** @param {number} round @param {number} [seat] */
  start(round, seat = 0) {
    this.#round = Math.min(LAST_ROUND, round);
    this.#seat = Math.min(PHANTOMS - 1, seat);
    this.#right = 0;
    this.#asked = 0;
    this.#deal();
  }

  /** Puts the next photograph on the table. */
  async #deal() {
    const turn = ++this.#turn;
    this.#stop();
    this.#subject = null;
    this.#answers = [];
    this.#tasks = [];
    this.#setWaits(true);
    this.render();
    if (this.#onReal && this.#real === null) return; // a link asks for one that is on its way
    try {
      const real = this.#real;
      const subject =
        this.#onReal && real !== null ? real : await fromPhantom(this.#context, roundPhantoms(this.#round)[this.#seat]);
      if (turn !== this.#turn) return;
      this.#subject = subject;
      this.#begin(subject);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#setWaits(false);
      this.#context.showError(error);
    }
  }

  /** @param {boolean} waits */
  #setWaits(waits) {
    this.#waits = waits;
    this.root.setAttribute('aria-busy', String(waits));
  }

  /** @param {Subject} subject */
  #begin(subject) {
    this.#showPhoto(subject);
    if (subject.truth === null && subject.frame === null) {
      this.render(); // goes on when the network has looked
    } else {
      this.#tasks = TASKS.filter((task) => canAsk(task, subject));
      this.#ask();
    }
    this.#wanted();
  }

  /** @param {Subject} subject */
  #showPhoto(subject) {
    const { photo, frame, truth } = subject;
    const size = truth?.vessels ?? frame ?? photo;
    if (photo === null || size === null) return;
    this.#viewer?.setPhoto(photo, size.width, size.height);
  }

  #task() {
    return this.#tasks[this.#answers.length] ?? null;
  }

  #ask() {
    this.#stop();
    if (this.#task() !== null) this.#stop = this.#viewer?.onPick((place) => this.#take(place)) ?? (() => {});
    this.render();
    const task = this.#task();
    if (task !== null) this.#context.say([this.#lastFeedback(), t(`teach.quiz.ask.${task}`)].join(' ').trim());
  }

  /** @param {Place} at */
  #take(at) {
    const task = this.#task();
    const subject = this.#subject;
    if (task === null || subject === null) return;
    const judgement = judged(task, at, subject);
    this.#answers.push({ task, at, judgement });
    if (judgement !== null) this.#asked += 1;
    if (judgement?.verdict === 'right') this.#right += 1;
    this.#ask();
    if (this.#task() !== null) return;
    this.#context.say([this.#lastFeedback(), this.#network.textContent, this.#score.textContent].join(' ').trim());
    this.#next.focus({ preventScroll: !byKeys() });
  }

  #lastFeedback() {
    const last = this.#answers.at(-1);
    return last ? this.#feedback(last) : '';
  }

  /** After a photograph: the next one, the score, or another round. */
  #go() {
    if (this.#onReal) this.#choose(false);
    else if (this.#seat >= PHANTOMS) this.start(this.#round >= LAST_ROUND ? 1 : this.#round + 1);
    else {
      this.#seat += 1;
      if (this.#seat < PHANTOMS) this.#deal();
      else this.#finish();
    }
    if (this.#seat < PHANTOMS) this.#stage.focus({ preventScroll: !byKeys() });
  }

  #finish() {
    this.#answers = [];
    this.#tasks = [];
    this.#subject = null;
    this.#turn += 1;
    this.#setWaits(false);
    this.render();
    this.#context.say([this.#question.textContent, this.#hint.textContent].join(' '));
  }

  /** @returns {Wish[]} */
  wishes() {
    return this.#subject === null
      ? []
      : [[this.#subject, this.#subject.runs.size > 0 ? nearestStrength(this.#subject) : FULL]];
  }

  /** @param {Wish | null} busy */
  computing(busy) {
    // While the next photograph is drawn there is nothing to look at yet: #deal() sees to it.
    if (this.#subject !== null) this.#setWaits(busy !== null && this.#subject.runs.size === 0);
  }

  // ---- what is shown ----

  render() {
    const subject = this.#subject;
    if (subject !== null && subject.frame !== null && this.#tasks.length === 0) return this.#begin(subject);
    const over = this.#seat >= PHANTOMS;
    const asked = this.#task();
    const done = subject !== null && this.#tasks.length > 0 && asked === null;
    this.#showChoice();
    write(
      this.#where,
      over || this.#onReal
        ? '\u00a0'
        : t('teach.quiz.where', { index: this.#seat + 1, count: PHANTOMS, round: this.#round }),
    );
    write(
      this.#question,
      over
        ? t('teach.quiz.over')
        : asked
          ? t(`teach.quiz.ask.${asked}`)
          : done
            ? t('teach.quiz.truth')
            : t('teach.wait'),
    );
    write(
      this.#hint,
      over ? this.#verdict() : asked ? t(`teach.quiz.hint.${asked}`) : done ? t('teach.quiz.look') : '\u00a0',
    );
    const toCome = this.#tasks
      .slice(this.#answers.length)
      .map((task, i) => pending(task, this.#answers.length + i + 1, i === 0));
    this.#list.replaceChildren(...this.#answers.map((answer) => this.#item(answer)), ...toCome);
    write(this.#network, done ? this.#networkText(subject) : '');
    write(
      this.#score,
      this.#asked > 0 && !over ? t('teach.quiz.score', { right: this.#right, count: this.#asked }) : '\u00a0',
    );
    this.#score.dataset.right = String(this.#right);
    this.#score.dataset.asked = String(this.#asked);
    const example = subject?.kind === 'sample' ? sampleOf(subject) : null;
    const credit = done && isExample(example ?? '') ? creditOf(/** @type {Example} */ (example)) : t('credit.later');
    write(this.#credit, example === null ? '' : credit);
    this.#next.hidden = !(done || over);
    write(this.#next, this.#nextText(over));
    this.#again.hidden = !over;
    this.root.dataset.task = over ? 'over' : (asked ?? (done ? 'done' : 'wait'));
    this.#showMarks(subject, done);
  }

  /** @param {boolean} over */
  #nextText(over) {
    if (over) return t('teach.quiz.another');
    if (this.#onReal) return t('teach.quiz.phantoms');
    return this.#seat === PHANTOMS - 1 ? t('teach.quiz.result') : t('teach.quiz.next');
  }

  #showChoice() {
    this.#which.hidden = this.#real === null;
    const name = this.#real?.kind === 'sample' ? t('teach.quiz.which.real') : (this.#real?.name ?? ''); // which tells nothing
    const texts = [t('teach.quiz.which.phantoms', { count: PHANTOMS }), name];
    if ([...this.#select.options].map((o) => o.text).join('\n') !== texts.join('\n'))
      this.#select.replaceChildren(new Option(texts[0], 'phantoms'), new Option(texts[1], 'real'));
    this.#select.value = this.#onReal ? 'real' : 'phantoms';
  }

  #verdict() {
    const share = this.#right / Math.max(1, this.#asked);
    const kind = share >= 0.8 ? 'good' : share >= 0.5 ? 'fair' : 'start';
    return t(`teach.quiz.over.${kind}`, { right: this.#right, count: this.#asked });
  }

  /** @param {Answer} answer */
  #item(answer) {
    const verdict = answer.judgement?.verdict ?? 'none';
    const sign = { right: '✓', close: '≈', wrong: '✗', none: '·' }[verdict];
    return make(
      'li',
      { class: verdict, 'data-task': answer.task, 'data-verdict': verdict },
      make('span', { class: 'sign', 'aria-hidden': 'true' }, sign),
      make('span', {}, this.#feedback(answer)),
    );
  }

  /** @param {Answer} answer */
  #feedback({ task, judgement }) {
    if (judgement === null) return t('teach.quiz.unknown');
    const { verdict, distance } = judgement;
    const byProgram = this.#subject?.truth === null ? ` ${t('teach.quiz.program')}` : '';
    return t(`teach.quiz.${verdict}.${task}`, { distance: inWidths(distance, 1) }) + byProgram;
  }

  /** Where the heatmap is strongest, compared with the truth. @param {Subject} subject */
  #networkText(subject) {
    const found = this.#peak(subject);
    if (found === null) return this.#waits ? t('phase.network') : '';
    const { peak, name } = found;
    if (peak === null) return t('teach.quiz.network.none', { name });
    if (subject.truth === null) return t('teach.quiz.network.real', { name });
    const away = distanceTo(subject.truth.lesions, peak) / (2 * subject.truth.opticDisc.radius);
    const distance = inWidths(away, 1);
    return away < 0.05 ? t('teach.quiz.network.on', { name }) : t('teach.quiz.network.away', { name, distance });
  }

  /** @param {Subject} subject */
  #peak(subject) {
    const run = nearestRun(subject, FULL);
    if (run === null || subject.frame === null) return null;
    const wanted = subject.choice ? diseaseFor(subject.choice.lesions) : null;
    const likely = [...run.diseases].filter((d) => d.id !== 'normal').sort((a, b) => b.probability - a.probability);
    const disease = run.diseases.find((d) => d.id === wanted) ?? likely[0] ?? run.diseases[0];
    const heatmap = run.heatmaps.get(disease.id);
    return { name: nameOf(disease), peak: heatmap ? peakOf(heatmap, subject.frame.square) : null };
  }

  /** @param {Subject | null} subject @param {boolean} done */
  #showMarks(subject, done) {
    if (this.#viewer === null) return;
    if (subject === null) {
      this.#viewer.clear();
      return;
    }
    /** @type {Mark[]} */
    const marks = this.#answers.flatMap((answer) => this.#marksOf(answer, subject));
    const peak = done ? (this.#peak(subject)?.peak ?? null) : null;
    if (peak !== null) marks.push({ ...peak, kind: 'note' });
    this.#viewer.mark(marks);
    this.#viewer.setOverlay(this.#lesionOverlay(subject), this.#description());
  }

  #description() {
    const task = this.#task();
    return task === null ? t('screen.photograph') : t(`teach.quiz.ask.${task}`);
  }

  /** What was marked, and what is true. @param {Answer} answer @param {Subject} subject @returns {Mark[]} */
  #marksOf({ task, at }, { truth, frame }) {
    /** @type {Mark[]} */
    const marks = [{ ...at, kind: 'answer' }];
    const disc = truth?.opticDisc ?? frame?.disc ?? null;
    if (task === 'disc' && disc !== null) {
      const label = truth === null ? t('teach.mark.program') : t('teach.mark.disc');
      marks.unshift({ x: disc.x, y: disc.y, radius: disc.radius, kind: 'truth', label });
    }
    if (task === 'fovea' && truth)
      marks.unshift({
        ...truth.fovea,
        radius: truth.opticDisc.radius / 3,
        kind: 'truth',
        label: t('teach.mark.fovea'),
      });
    if (task === 'lesion' && truth)
      for (const { x, y, radius } of placesOf(truth.lesions))
        marks.unshift({ x, y, radius: radius + 6, kind: 'truth' });
    return marks;
  }

  /** The drawn lesions, once they were asked for. @param {Subject} subject @returns {Overlay} */
  #lesionOverlay({ truth }) {
    if (truth === null || !this.#answers.some((a) => a.task === 'lesion')) return [];
    const { lesions } = truth;
    return [{ picture: picture(lesions, lesions.width, lesions.height, lesionColours), opacity: 0.5 }];
  }
}

/** A question that has no answer yet. @param {Task} task @param {number} place @param {boolean} now */
function pending(task, place, now) {
  return make(
    'li',
    { class: now ? 'now' : 'later' },
    make('span', { class: 'sign', 'aria-hidden': 'true' }, number(place)),
    make('span', {}, t(`teach.quiz.task.${task}`)),
  );
}

/** @param {Subject} subject */
function nearestStrength(subject) {
  return nearestRun(subject, FULL)?.strength ?? FULL;
}

/** Asked is only what can be answered. @param {Task} task @param {Subject} subject */
function canAsk(task, { truth, frame }) {
  if (truth !== null) return task !== 'lesion' || truth.lesions.data.some((v) => v !== 0);
  if (task === 'disc') return frame?.disc?.found === true;
  return task === 'lesion';
}

/** @param {Task} task @param {Place} at @param {Subject} subject @returns {Judgement | null} */
function judged(task, at, { truth, frame }) {
  if (truth !== null) return judge(task, at, truth);
  if (task !== 'disc' || !frame?.disc) return null;
  return rate(task, Math.hypot(at.x - frame.disc.x, at.y - frame.disc.y), frame.disc.radius);
}
