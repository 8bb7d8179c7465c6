/** The clinic's rules as a form and as JSON: the one writes the other. Nothing holds before it is checked and taken. */

import { html, render } from '../../vendor/lit.js';
import { batch, effect, signal } from '../../vendor/signals.js';
import { save } from '../save/downloads.js';
import { closedBeside, makeDialog } from '../shell/dom.js';
import { language, t } from '../words/i18n.js';
import { capital, isFinding, nameOf } from '../words/terms.js';
import { ACTIONS, MOST_RULE_NOTE, MOST_RULES_NAME, parseRules, same } from './check.js';
import { delayOf, isShipped, OPERATING_POINTS, OWN, rules, setRules } from './rules.js';
import { SHIPPED } from './shipped.js';

/**
 * @import { Answer, Model, ModelClass, PointName } from '../../vmnet.js'
 * @import { Action, Rule, Rules } from './rules.js'
 */

/** What is done about one answer or finding. @typedef {{ key: string, name: () => string, actions: readonly Action[], optional: boolean }} Row optional: it may be left to the rule for any other finding */
/** What its fields hold. @typedef {{ action: Action | '', count: string, unit: keyof typeof UNITS, note: string }} Fields */
/** @typedef {{ set: string, name: string, point: PointName, rows: Record<string, Fields> }} Draft set: '' for the clinic's own */

/** As in ISO 8601. */
const UNITS = /** @type {const} */ ({ D: 'day', W: 'week', M: 'month' });
const NAMES = /** @type {(keyof typeof SHIPPED)[]} */ (Object.keys(SHIPPED));
const ANY = /** @type {[Answer, readonly Action[]][]} */ (Object.entries(ACTIONS));

/** @type {RulesForm | null} */
let form = null;

/** Opens the form. @param {Model} model whose findings have rules */
export function openRules({ info }) {
  form ??= new RulesForm(info.classes);
  form.open();
}

/** Days, weeks or months in the page's language. @param {string} unit */
function several(unit) {
  const parts = new Intl.NumberFormat(language(), { style: 'unit', unit, unitDisplay: 'long' }).formatToParts(3);
  return parts.find(({ type }) => type === 'unit')?.value ?? unit;
}

/** @param {Rule | undefined} rule @param {Row} row @returns {Fields} */
function fieldsOf(rule, { actions, optional }) {
  const delay = delayOf(rule?.within);
  return {
    action: rule?.action ?? (optional ? '' : actions[0]),
    count: delay === null ? '' : String(delay.count),
    unit: delay === null ? 'W' : /** @type {keyof typeof UNITS} */ (delay.unit[0].toUpperCase()),
    note: rule?.note ?? '',
  };
}

/** @param {Fields} fields @returns {[] | [Rule]} none where it is left to the rule for any other finding */
function ruleOf({ action, count, unit, note }) {
  if (action === '') return [];
  const within = count === '' || action === 'none' ? {} : { within: `P${count}${unit}` };
  return [{ action, ...within, ...(note.trim() !== '' && { note: note.trim() }) }];
}

/** @param {string} value @param {string} text @param {string} chosen */
const option = (value, text, chosen) => html`<option value=${value} .selected=${value === chosen}>${text}</option>`;

/** @param {Row} row @param {Fields} fields */
function rowOf({ key, name, actions, optional }, fields) {
  const choices = [...(optional ? /** @type {const} */ (['']) : []), ...actions];
  const isLate = fields.action === '' || fields.action === 'none';
  return html`<tr data-rule=${key}>
    <th scope="row">${capital(name())}</th>
    <td><select name="action" data-row=${key} aria-label=${t('rules.action')} ?disabled=${choices.length === 1}>
      ${choices.map((action) => option(action, t(`rules.action.${action || 'as-other'}`), fields.action))}
    </select></td>
    <td><span class="delay"><span aria-hidden="true">${t('rules.within')}</span>
      <input name="count" data-row=${key} type="number" min="1" max="999" step="1" aria-label=${t('rules.within')} .value=${fields.count} ?disabled=${isLate}>
      <select name="unit" data-row=${key} aria-label=${t('rules.unit')} ?disabled=${isLate}>
        ${Object.entries(UNITS).map(([code, unit]) => option(code, several(unit), fields.unit))}
      </select></span></td>
    <td><input name="note" data-row=${key} type="text" maxlength=${MOST_RULE_NOTE} dir="auto" aria-label=${t('rules.note')}
      placeholder=${t('rules.note')} .value=${fields.note} ?disabled=${fields.action === ''}></td>
  </tr>`;
}

class RulesForm {
  #ids;
  /** @type {Row[]} */
  #findings;
  /** @type {Row[]} */
  #answers;
  #draft = signal(/** @type {Draft | null} */ (null));
  #json = signal('');
  #root = makeDialog({ class: 'rules', 'aria-labelledby': 'rules-title', 'data-testid': 'rules' });

  /** @param {ModelClass[]} classes */
  constructor(classes) {
    const findings = classes.filter((of) => of.named && isFinding(of));
    this.#ids = findings.map(({ id }) => id);
    this.#findings = findings.map((of) => ({
      key: of.id,
      name: () => nameOf(of),
      actions: ACTIONS.refer,
      optional: true,
    }));
    this.#answers = ANY.map(([key, actions]) => {
      const name = () => t(key === 'refer' ? 'rules.any-other' : `decision.${key}`);
      return { key, name, actions, optional: false };
    });
    document.body.append(this.#root);
    closedBeside(this.#root);
    effect(() => {
      if (this.#draft.value !== null) render(this.#form(this.#draft.value), this.#root);
    });
  }

  open() {
    render(html``, this.#root); // nothing of what was typed and left stays
    this.#show(rules());
    this.#root.showModal();
    this.#root.scrollTop = 0;
  }

  /** @param {Draft} draft */
  #form({ set, name, point, rows }) {
    const own = t('rules.own');
    return html`<div class="dialog-head"><h2 id="rules-title">${t('rules.title')}</h2>
      <button type="button" class="close" @click=${() => this.#root.close()}>${t('privacy.close')}</button></div>
    <form method="dialog" novalidate @change=${this.#changed} @submit=${this.#use}>
      <p class="fine">${t('rules.lead')}</p>
      <p class="fine">${t('rules.examples')}</p>
      <div class="rules-which">
        <label class="field"><span>${t('rules.set')}</span><select name="set" data-testid="rules-set">
          ${[...NAMES, ''].map((value) => option(value, isShipped(value) ? t(`rules.set.${value}`) : own, set))}
        </select></label>
        <label class="field"><span>${t('rules.name')}</span><input name="name" type="text" maxlength=${MOST_RULES_NAME} dir="auto"
          data-testid="rules-name" .value=${isShipped(set) ? t(`rules.set.${set}`) : name === OWN ? own : name} ?disabled=${set !== ''}></label>
      </div>
      <fieldset class="rules-points"><legend>${t('findings.point')}</legend>${OPERATING_POINTS.map(
        (value) => html`<label><input type="radio" name="point" value=${value} .checked=${value === point}>
          <span><strong>${t(`findings.point.${value}`)}</strong> <span class="fine">${t(`findings.point.${value}.text`)}</span></span></label>`,
      )}</fieldset>
      <table><caption class="unseen">${t('rules.table')}</caption>
        <tbody>${[...this.#findings, ...this.#answers].map((row) => rowOf(row, rows[row.key]))}</tbody></table>
      <details><summary>${t('rules.json')}</summary><textarea name="json" rows="14" dir="ltr" spellcheck="false"
        aria-label=${t('rules.json')} data-testid="rules-json" .value=${this.#json.value}></textarea></details>
      <ul class="rules-wrong" role="alert" data-testid="rules-wrong">${this.#checked().wrong.map((text) => html`<li dir="auto">${text}</li>`)}</ul>
      <div class="actions">
        <button type="button" @click=${() => this.#part('file').click()}>${t('rules.open')}</button>
        <button type="button" data-act="save" @click=${this.#save}>${t('rules.save')}</button>
        <button type="submit" class="primary" data-testid="rules-use">${t('rules.use')}</button>
      </div>
      <input name="file" type="file" accept=".json,application/json" aria-label=${t('rules.open')} data-testid="rules-file" tabindex="-1" hidden>
    </form>`;
  }

  /** @param {string} name */
  #part(name) {
    return /** @type {HTMLInputElement} */ (this.#root.querySelector(`[name=${name}]`));
  }

  /** @param {Rules} wanted */
  #show({ name, operating_point: point, findings, answers }) {
    const rows = [
      ...this.#findings.map((row) => [row.key, fieldsOf(findings[row.key], row)]),
      ...this.#answers.map((row) => [row.key, fieldsOf(answers[/** @type {Answer} */ (row.key)], row)]),
    ];
    this.#write({ set: isShipped(name) ? name : '', name, point, rows: Object.fromEntries(rows) });
  }

  /** @param {Draft} draft */
  #write(draft) {
    batch(() => {
      this.#draft.value = draft;
      this.#json.value = `${JSON.stringify(this.#read(draft), null, 2)}\n`;
    });
  }

  /** What the form says. @param {Draft} draft @returns {Rules} */
  #read({ set, name, point, rows }) {
    const rulesOf = (/** @type {Row[]} */ all) =>
      Object.fromEntries(all.flatMap(({ key }) => ruleOf(rows[key]).map((rule) => [key, rule])));
    return {
      schema: SHIPPED.balanced.schema,
      name: set || name.trim(),
      operating_point: point,
      answers: /** @type {Rules['answers']} */ (rulesOf(this.#answers)),
      findings: rulesOf(this.#findings),
    };
  }

  /** A field was changed. @param {Event} event */
  #changed = async ({ target }) => {
    const { name, value, files, dataset } = /** @type {HTMLInputElement} */ (target);
    const draft = /** @type {Draft} */ (this.#draft.value);
    if (name === 'file') {
      const [file] = files ?? [];
      /** @type {HTMLInputElement} */ (target).value = ''; // the same one may be chosen again
      if (file !== undefined) this.#take(await file.text());
    } else if (name === 'json') this.#take(value);
    else if (name === 'set') this.#show(isShipped(value) ? SHIPPED[value] : { ...this.#read(draft), name: OWN });
    else {
      const { row } = dataset;
      const rows = row === undefined ? draft.rows : { ...draft.rows, [row]: { ...draft.rows[row], [name]: value } };
      const typed = name === 'name' && value.trim() === t('rules.own') ? OWN : value;
      const next = row === undefined ? { ...draft, [name]: typed } : { ...draft, rows };
      const now = this.#read(next); // a shipped set that was changed is the clinic's own
      this.#write(isShipped(next.set) && !same(now, SHIPPED[next.set]) ? { ...next, set: '', name: OWN } : next);
    }
  };

  /** Rules as text, from the field or a file: into the form where they can be used. @param {string} text */
  #take(text) {
    this.#json.value = text;
    const wanted = this.#checked().rules;
    if (wanted !== null) this.#show(wanted);
  }

  /** What the text says, where nothing is wrong with it, and what is wrong. */
  #checked() {
    return parseRules(this.#json.value, this.#ids);
  }

  #save = () => {
    const blob = new Blob([this.#json.value], { type: 'application/json' });
    if (this.#checked().rules !== null) save({ blob, name: 'vmnet-rules.json' });
  };

  /** @param {Event} event */
  #use = (event) => {
    event.preventDefault();
    const wanted = this.#checked().rules;
    if (wanted === null) return;
    setRules(wanted);
    this.#root.close();
  };
}
