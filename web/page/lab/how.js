/** "How it decided": the steps of the network as pictures, and the guide's strength to play with. */

import { suspectedIn } from '../case/decision.js';
import { operatingPoint } from '../rules/rules.js';
import { write } from '../shell/controls.js';
import { make } from '../shell/dom.js';
import { number, t, translate } from '../words/i18n.js';
import { capital, nameOf } from '../words/terms.js';
import { Answers, Strength } from './guide.js';
import { stageItems } from './large.js';
import { Presenter } from './present.js';
import { diseaseName, diseaseOf, drawStage, exact, probabilityFigure, STAGES, sentenceOf, titleOf } from './stages.js';
import { FULL, nearestRun } from './subject.js';

/**
 * @import { Context } from '../shell/context.js'
 * @import { Large } from './large.js'
 * @import { Scene, StageName } from './stages.js'
 * @import { Run, Subject, Wish } from './subject.js'
 */

/** Pixels a side of a picture in the row. */
const SMALL = 480;

/** @typedef {{ button: HTMLElement, canvas: HTMLCanvasElement | null, title: HTMLElement, text: HTMLElement, frame: HTMLElement }} Card */

export class How {
  #context;
  #large;
  #wanted;
  /** @type {Subject | null} */
  #subject = null;
  #strength = FULL;
  /** Chosen by hand or by a link. @type {string | null} */
  #disease = null;
  /** @type {Run | null} */
  #shown = null;
  /** What was said last, to say nothing twice. */
  #said = '';
  /** @type {Map<StageName, Card>} */
  #cards = new Map();
  #slider = new Strength((strength) => this.setStrength(strength));
  #answers = new Answers((id) => this.setDisease(id));
  #busy = make('p', { class: 'teach-busy fine' });
  #flow = make('ol', { class: 'teach-flow' });
  presenter;
  root;

  /** @param {Context} context @param {Large} large @param {() => void} wanted when wishes() changed @param {() => void} guided opens a case where the guide matters */
  constructor(context, large, wanted, guided) {
    this.#context = context;
    this.#large = large;
    this.#wanted = wanted;
    for (const [index, name] of STAGES.entries()) this.#flow.append(this.#card(name, index));
    this.presenter = new Presenter({
      items: () => stageItems(this.#scene()),
      strength: (strength) => this.setStrength(strength),
      disease: (id) => this.setDisease(id),
    });
    const matters = make('button', { type: 'button', 'data-act': 'guided', 'data-t': 'teach.guide.case' });
    matters.addEventListener('click', guided);
    const panel = make('div', { class: 'teach-panel' }, this.#slider.root, this.#busy, this.#answers.root, matters);
    this.root = make('div', { class: 'teach-how' }, this.#flow, panel);
    translate(this.root);
  }

  /** @param {StageName} name @param {number} index */
  #card(name, index) {
    const canvas =
      name === 'probability'
        ? null
        : /** @type {HTMLCanvasElement} */ (
            make('canvas', { width: String(SMALL), height: String(SMALL), 'aria-hidden': 'true' })
          );
    const frame = make('span', { class: 'teach-frame' }, ...(canvas ? [canvas] : []));
    const number = make('span', { class: 'teach-number', 'aria-hidden': 'true' }, String(index + 1));
    const [title, text] = ['teach-title', 'teach-text'].map((c) => make('span', { class: c }));
    const words = make('span', { class: 'teach-words' }, make('span', { class: 'teach-head' }, number, title), text);
    const button = make(
      'button',
      { type: 'button', class: 'teach-stage', 'data-stage': name, 'aria-haspopup': 'dialog' },
      frame,
      words,
    );
    button.addEventListener('click', () => this.#large.open(() => stageItems(this.#scene()), index));
    this.#cards.set(name, { button, canvas, title, text, frame });
    return make('li', {}, button);
  }

  get subject() {
    return this.#subject;
  }

  get strength() {
    return this.#strength;
  }

  /** @param {Subject} subject */
  setSubject(subject) {
    this.#subject = subject;
    this.#shown = null;
    this.#said = '';
    this.render();
    this.#wanted();
  }

  /** @param {number} strength in tenths */
  setStrength(strength) {
    this.#strength = strength;
    this.render();
    this.#wanted();
  }

  /** Kept for photographs to come, too. @param {string | null} id */
  setDisease(id) {
    this.#disease = id;
    this.render();
  }

  /** What the network has to compute, by urgency. @returns {Wish[]} */
  wishes() {
    return this.#subject === null
      ? []
      : [
          [this.#subject, this.#strength],
          [this.#subject, 0],
        ];
  }

  /** For a link. */
  get disease() {
    return this.#scene().disease;
  }

  /** @returns {Scene} */
  #scene() {
    const subject = this.#subject;
    const run = this.#shown;
    const known = run?.diseases.some((d) => d.id === this.#disease);
    return { subject, run, disease: (known || run === null ? this.#disease : mostStriking(run)) ?? '' };
  }

  /** @param {Wish | null} busy what is being computed */
  computing(busy) {
    const waits = busy !== null && busy[0] === this.#subject && this.#shown?.strength !== this.#strength;
    const strength = number(this.#strength / 10, { minimumFractionDigits: 1 });
    write(this.#busy, waits ? t('teach.computing', { strength }) : '\u00a0');
    this.root.classList.toggle('waits', waits);
    this.root.setAttribute('aria-busy', String(waits));
    this.presenter.computing(waits);
  }

  render() {
    const subject = this.#subject;
    if (subject === null) write(this.#busy, t('teach.wait'));
    else this.#shown = subject.runs.get(this.#strength) ?? this.#shown ?? nearestRun(subject, this.#strength);
    const scene = this.#scene();
    const off = subject?.runs.get(0) ?? null;
    for (const [name, card] of this.#cards) {
      write(card.title, titleOf(name, scene));
      write(card.text, sentenceOf(name, scene));
      const drawn = card.canvas
        ? drawStage(card.canvas, /** @type {Exclude<StageName, 'probability'>} */ (name), scene)
        : true;
      card.button.classList.toggle('empty', !drawn);
      if (name === 'probability') card.frame.replaceChildren(probabilityFigure(scene));
    }
    this.#slider.show(this.#strength);
    this.#answers.show(subject, this.#shown, off, scene.disease);
    this.#large.refresh();
    this.presenter.refresh(
      this.#strength,
      this.#shown?.diseases.map((d) => ({ id: d.id, name: capital(nameOf(d)) })) ?? [],
      scene.disease,
    );
    this.#say(scene);
  }

  /** The answer, for those who do not see it, once it stands. @param {Scene} scene */
  #say(scene) {
    const found = diseaseOf(scene);
    if (found === null || scene.run?.strength !== this.#strength) return;
    const text = t('teach.says', {
      strength: number(this.#strength / 10, { minimumFractionDigits: 1 }),
      name: diseaseName(scene),
      percent: exact(found),
    });
    if (text === this.#said) return;
    this.#said = text;
    this.#context.say(text);
  }
}

/** What a teacher would show first: the strongest of what is suspected, else the likeliest. @param {Run} run */
function mostStriking({ diseases, decision }) {
  const likely = [...diseases].sort((a, b) => b.probability - a.probability);
  return suspectedIn(decision.at[operatingPoint()])[0] ?? likely[0].id;
}
