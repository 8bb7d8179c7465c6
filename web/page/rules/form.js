/** The clinic's rules as a form and as JSON: the one writes the other. Nothing holds before it is checked and taken. */

import { effect } from '../../vendor/signals.js';
import { save } from '../save/downloads.js';
import { makeButton, makeInput } from '../shell/controls.js';
import { closedBy, make, makeDialog } from '../shell/dom.js';
import { language, t, translate } from '../words/i18n.js';
import { capital, isFinding, nameOf } from '../words/terms.js';
import { ACTIONS, MOST_RULE_NOTE, MOST_RULES_NAME, parseRules, same } from './check.js';
import { delayOf, isShipped, OPERATING_POINTS, rules, setRules } from './rules.js';
import { SHIPPED } from './shipped.js';

/**
 * @import { Answer, Model, ModelClass } from '../../vmnet.js'
 * @import { Key } from '../words/i18n.js'
 * @import { PointName } from '../../vmnet.js'
 * @import { Action, Rule, Rules } from './rules.js'
 */

/** As in ISO 8601. */
const UNITS = /** @type {const} */ ({ D: 'day', W: 'week', M: 'month' });
const NAMES = /** @type {(keyof typeof SHIPPED)[]} */ (Object.keys(SHIPPED));

/** @type {RulesForm | null} */
let form = null;

/** Opens the form. @param {Model} model whose findings have rules */
export function openRules({ info }) {
  form ??= new RulesForm(info.classes);
  form.open();
}

/** @param {Record<string, string>} attributes @param {...Node} children */
function select(attributes, ...children) {
  return /** @type {HTMLSelectElement} */ (make('select', attributes, ...children));
}

/** @param {Key} key @param {HTMLElement} field */
function labelled(key, field) {
  return make('label', { class: 'field' }, make('span', { 'data-t': key }), field);
}

/** Days, weeks or months in the page's language. @param {string} unit */
function several(unit) {
  const parts = new Intl.NumberFormat(language(), { style: 'unit', unit, unitDisplay: 'long' }).formatToParts(3);
  return parts.find(({ type }) => type === 'unit')?.value ?? unit;
}

/** What is done about one answer or finding. */
class RuleRow {
  #actions;
  #optional;
  #action;
  #count = makeInput({ type: 'number', min: '1', max: '999', step: '1', 'data-t-label': 'rules.within' });
  #unit = select(
    { 'data-t-label': 'rules.unit' },
    ...Object.keys(UNITS).map((code) => make('option', { value: code })),
  );
  #note = makeInput({
    type: 'text',
    maxlength: String(MOST_RULE_NOTE),
    dir: 'auto',
    'data-t-label': 'rules.note',
    'data-t-placeholder': 'rules.note',
  });
  #title = make('th', { scope: 'row' });
  #name;
  root;

  /** @param {string} key for tests @param {() => string} name @param {readonly Action[]} actions @param {boolean} optional whether it may be left to the rule for any other finding */
  constructor(key, name, actions, optional) {
    this.#name = name;
    this.#actions = actions;
    this.#optional = optional;
    const choices = [...(optional ? [''] : []), ...actions];
    this.#action = select({ 'data-t-label': 'rules.action' }, ...choices.map((value) => make('option', { value })));
    this.#action.disabled = choices.length === 1;
    this.root = make(
      'tr',
      { 'data-rule': key },
      this.#title,
      make('td', {}, this.#action),
      make(
        'td',
        {},
        make(
          'span',
          { class: 'delay' },
          make('span', { 'data-t': 'rules.within', 'aria-hidden': 'true' }),
          this.#count,
          this.#unit,
        ),
      ),
      make('td', {}, this.#note),
    );
    this.#action.addEventListener('change', () => this.#enable());
  }

  /** In the language in use. */
  rewrite() {
    this.#title.textContent = capital(this.#name());
    for (const option of this.#action.options)
      option.text =
        option.value === '' ? t('rules.action.as-other') : t(/** @type {Key} */ (`rules.action.${option.value}`));
    for (const option of this.#unit.options)
      option.text = several(UNITS[/** @type {keyof typeof UNITS} */ (option.value)]);
  }

  #enable() {
    const { value } = this.#action;
    for (const field of [this.#count, this.#unit]) field.disabled = value === '' || value === 'none';
    this.#note.disabled = value === '';
  }

  /** @param {Rule | undefined} rule */
  show(rule) {
    const delay = delayOf(rule?.within);
    this.#action.value = rule?.action ?? (this.#optional ? '' : this.#actions[0]);
    this.#count.value = delay === null ? '' : String(delay.count);
    this.#unit.value = delay === null ? 'W' : delay.unit[0].toUpperCase();
    this.#note.value = rule?.note ?? '';
    this.#enable();
  }

  /** @returns {Rule | null} null where it is left to the rule for any other finding */
  read() {
    const action = /** @type {Action | ''} */ (this.#action.value);
    if (action === '') return null;
    const within =
      this.#count.value === '' || this.#count.disabled ? {} : { within: `P${this.#count.value}${this.#unit.value}` };
    const note = this.#note.value.trim();
    return { action, ...within, ...(note === '' ? {} : { note }) };
  }
}

class RulesForm {
  #ids;
  #set = select({ 'data-testid': 'rules-set' }, ...[...NAMES, ''].map((value) => make('option', { value })));
  #name = makeInput({ type: 'text', maxlength: String(MOST_RULES_NAME), dir: 'auto', 'data-testid': 'rules-name' });
  /** @type {Map<PointName, HTMLInputElement>} */
  #points = new Map(
    OPERATING_POINTS.map((name) => [name, makeInput({ type: 'radio', name: 'rules-point', value: name })]),
  );
  /** @type {Map<string, RuleRow>} */
  #findings;
  /** @type {Map<Answer, RuleRow>} */
  #answers;
  #json = /** @type {HTMLTextAreaElement} */ (
    make('textarea', {
      rows: '14',
      dir: 'ltr',
      spellcheck: 'false',
      'data-t-label': 'rules.json',
      'data-testid': 'rules-json',
    })
  );
  #wrong = make('ul', { class: 'rules-wrong', role: 'alert', 'data-testid': 'rules-wrong' });
  #file = makeInput({
    type: 'file',
    accept: '.json,application/json',
    'data-t-label': 'rules.open',
    'data-testid': 'rules-file',
    tabindex: '-1',
  });
  #root;

  /** @param {ModelClass[]} classes */
  constructor(classes) {
    const findings = classes.filter((of) => of.named && isFinding(of));
    this.#ids = findings.map(({ id }) => id);
    this.#findings = new Map(findings.map((of) => [of.id, new RuleRow(of.id, () => nameOf(of), ACTIONS.refer, true)]));
    const answers = /** @type {[Answer, readonly Action[]][]} */ (Object.entries(ACTIONS));
    this.#answers = new Map(
      answers.map(([answer, actions]) => [
        answer,
        new RuleRow(answer, () => t(answer === 'refer' ? 'rules.any-other' : `decision.${answer}`), actions, false),
      ]),
    );
    this.#file.hidden = true;
    const close = makeButton('privacy.close', { class: 'close' });
    this.#root = makeDialog(
      { class: 'rules', 'aria-labelledby': 'rules-title', 'data-testid': 'rules' },
      make('div', { class: 'dialog-head' }, make('h2', { id: 'rules-title', 'data-t': 'rules.title' }), close),
      this.#body(),
    );
    closedBy(this.#root, close);
    document.body.append(this.#root);
    this.#listen();
    effect(() => this.#rewrite());
  }

  #body() {
    const points = [...this.#points].map(([name, radio]) =>
      make(
        'label',
        {},
        radio,
        make(
          'span',
          {},
          make('strong', { 'data-t': `findings.point.${name}` }),
          ' ',
          make('span', { class: 'fine', 'data-t': `findings.point.${name}.text` }),
        ),
      ),
    );
    const rows = [...this.#findings.values(), ...this.#answers.values()].map(({ root }) => root);
    return make(
      'form',
      { method: 'dialog', novalidate: '' },
      make('p', { class: 'fine', 'data-t': 'rules.lead' }),
      make('p', { class: 'fine', 'data-t': 'rules.examples' }),
      make('div', { class: 'rules-which' }, labelled('rules.set', this.#set), labelled('rules.name', this.#name)),
      make('fieldset', { class: 'rules-points' }, make('legend', { 'data-t': 'findings.point' }), ...points),
      make('table', {}, make('caption', { class: 'unseen', 'data-t': 'rules.table' }), make('tbody', {}, ...rows)),
      make('details', {}, make('summary', { 'data-t': 'rules.json' }), this.#json),
      this.#wrong,
      make(
        'div',
        { class: 'actions' },
        makeButton('rules.open', { 'data-act': 'open' }),
        makeButton('rules.save', { 'data-act': 'save' }),
        makeButton('rules.use', { type: 'submit', class: 'primary', 'data-testid': 'rules-use' }),
      ),
      this.#file,
    );
  }

  #listen() {
    this.#set.addEventListener('change', () => {
      const { value } = this.#set;
      this.#show(isShipped(value) ? SHIPPED[value] : { ...this.#read(), name: t('rules.own') });
    });
    this.#root.addEventListener('change', ({ target }) => {
      if (target === this.#json) this.#take(this.#json.value);
      else if (target !== this.#file && target !== this.#set) this.#changed();
    });
    this.#root.querySelector('[data-act=open]')?.addEventListener('click', () => this.#file.click());
    this.#file.addEventListener('change', async () => {
      const [file] = this.#file.files ?? [];
      this.#file.value = ''; // the same one may be chosen again
      if (file !== undefined) this.#take(await file.text());
    });
    this.#root.querySelector('[data-act=save]')?.addEventListener('click', () => {
      const blob = new Blob([this.#json.value], { type: 'application/json' });
      if (this.#checked() !== null) save({ blob, name: 'vmnet-rules.json' });
    });
    this.#root.querySelector('form')?.addEventListener('submit', (event) => {
      event.preventDefault();
      const wanted = this.#checked();
      if (wanted === null) return;
      setRules(wanted);
      this.#root.close();
    });
  }

  open() {
    this.#rewrite();
    this.#show(rules());
    this.#root.showModal();
    this.#root.scrollTop = 0;
  }

  #rewrite() {
    translate(this.#root);
    for (const row of [...this.#findings.values(), ...this.#answers.values()]) row.rewrite();
    for (const option of this.#set.options)
      option.text = isShipped(option.value) ? t(`rules.set.${option.value}`) : t('rules.own');
  }

  /** @param {Rules} wanted */
  #show(wanted) {
    this.#set.value = isShipped(wanted.name) ? wanted.name : '';
    this.#name.value = isShipped(wanted.name) ? t(`rules.set.${wanted.name}`) : wanted.name;
    this.#name.disabled = isShipped(wanted.name);
    for (const [name, radio] of this.#points) radio.checked = name === wanted.operating_point;
    for (const [id, row] of this.#findings) row.show(wanted.findings[id]);
    for (const [answer, row] of this.#answers) row.show(wanted.answers[answer]);
    this.#write(wanted);
  }

  /** What the form says. @returns {Rules} */
  #read() {
    const [point] = [...this.#points].find(([, radio]) => radio.checked) ?? ['balanced'];
    const findings = [...this.#findings].flatMap(([id, row]) => {
      const rule = row.read();
      return rule === null ? [] : [[id, rule]];
    });
    const name = this.#set.value === '' ? this.#name.value.trim() : this.#set.value;
    return {
      schema: SHIPPED.balanced.schema,
      name,
      operating_point: /** @type {PointName} */ (point),
      answers: /** @type {Rules['answers']} */ (
        Object.fromEntries([...this.#answers].map(([answer, row]) => [answer, row.read()]))
      ),
      findings: Object.fromEntries(findings),
    };
  }

  /** A shipped set that was changed is the clinic's own. */
  #changed() {
    const now = this.#read();
    if (isShipped(now.name) && !same(now, SHIPPED[now.name])) this.#show({ ...now, name: t('rules.own') });
    else this.#write(now);
  }

  /** @param {Rules} now */
  #write(now) {
    this.#json.value = `${JSON.stringify(now, null, 2)}\n`;
    this.#checked();
  }

  /** Rules as text, from the field or a file: into the form where they can be used. @param {string} text */
  #take(text) {
    this.#json.value = text;
    const wanted = this.#checked();
    if (wanted !== null) this.#show(wanted);
  }

  /** What the text says, where nothing is wrong with it; and says what is wrong. @returns {Rules | null} */
  #checked() {
    const { rules: wanted, wrong } = parseRules(this.#json.value, this.#ids);
    this.#wrong.replaceChildren(...wrong.map((text) => make('li', { dir: 'auto' }, text)));
    return wanted;
  }
}
