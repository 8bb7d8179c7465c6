/** Many photographs: screened one after the other, listed beside the case, and in a table. */

import { effect, untracked } from '../../vendor/signals.js';
import { filesOfFolder, MAX_FILES, pathOf } from '../intake/folders.js';
import { sortOut } from '../intake/kinds.js';
import { onlyCounts } from '../intake/one-name.js';
import { Override } from '../record/override.js';
import { daysFor, rules } from '../rules/rules.js';
import { chosen, confirmed } from '../save/ask.js';
import { FollowUp } from '../save/follow-up.js';
import { KeepCard } from '../save/keep-card.js';
import { Keeper } from '../save/keeper.js';
import { Output, stemOfCase } from '../save/output.js';
import { personOf } from '../save/persons.js';
import { dayOf } from '../save/visits.js';
import { write } from '../shell/controls.js';
import { byId } from '../shell/dom.js';
import { PageError } from '../words/error-texts.js';
import { language, listed, t, translate } from '../words/i18n.js';
import { Doubts } from './doubts.js';
import { eyeOf, withoutLayers } from './entry.js';
import { layOut } from './layout.js';
import { OtherUnread } from './other-unread.js';
import { forgetUrls, smallPictures } from './pictures.js';
import { ProgressPanel, worthAnother } from './progress.js';
import { Rail } from './rail.js';
import { listedSome } from './row-texts.js';
import { Runner } from './runner.js';
import { SameEye } from './same-eye.js';
import { screener } from './screening.js';
import { Series } from './series.js';
import { answered } from './sorting.js';
import { Tables } from './table.js';
import { Together } from './together.js';
import { unseenText } from './unseen.js';
import { leading, wholeOf } from './whole.js';

/**
 * @import { ModelInfo, ScreenResult } from '../../vmnet.js'
 * @import { Context, Current, Other, View } from '../shell/context.js'
 * @import { Entry } from './entry.js'
 * @import { EyeKnown } from '../case/eye-choice.js'
 * @import { Eye } from '../intake/one-name.js'
 */

/**
 * @typedef {object} Worklist
 * @property {(files: File[]) => Promise<void>} add
 * @property {(file: File) => void} addUnread takes in a file that could not be screened by itself
 * @property {(photo: Current) => void} adopt takes in a photograph that was screened by itself
 * @property {() => void} stay opens no row that was not asked for since
 */

/** @param {HTMLElement} root @param {Context} context @returns {View & Worklist} */
export function makeBatchView(root, context) {
  const view = new BatchView(root, context);
  return {
    opened: () => view.opened(),
    closed: () => {},
    add: (files) => view.add(files),
    addUnread: (file) => view.addUnread(file),
    adopt: (photo) => view.adopt(photo),
    stay: () => view.stay(),
  };
}

/** By the clinic's rules; Infinity where there is no delay, or no answer. @param {Entry} entry */
function daysLeft(entry) {
  const decision = answered(entry);
  return decision === null ? Number.POSITIVE_INFINITY : daysFor(decision);
}

class BatchView {
  #root;
  #context;
  #at;
  #series = new Series();
  #together;
  #keeper;
  #keepCard;
  #followUp;
  #runner;
  #tables;
  #progress;
  #output;
  #rail;
  #override;
  #sameEye;
  #otherUnread;
  #doubts;
  /** Whether more than one photograph was taken in: then they are listed beside the case. */
  #listed = false;
  /** Whether files are being looked at: the list's place is kept for them. */
  #coming = false;
  /** Whether the first that is screened is to be shown. */
  #showFirst = false;
  /** Which opening of a row counts: the last, unless the user went elsewhere. */
  #turn = 0;
  /** @type {ModelInfo | null} */
  #info = null;
  /** Where the table stood when the view was last seen. */
  #place = { page: 0, photographs: 0, eyes: 0 };
  /** The row that was opened last. @type {Entry | null} */
  #opened = null;
  /** What the case shows. @type {{ entry: Entry, eye: EyeKnown } | null} */
  #told = null;
  /** Whether what is kept of the same visits is on its way into the list. */
  #joining = false;
  /** What was told of the eye beside each. @type {WeakMap<Entry, { other: Entry, told: Other }>} */
  #others = new WeakMap();
  /** What could not be read before there was anything in the list. @type {File[]} */
  #unread = [];
  /** Files that are being looked at. */
  #sorting = Promise.resolve();

  /** @param {HTMLElement} root @param {Context} context */
  constructor(root, context) {
    this.#root = root;
    this.#context = context;
    this.#at = layOut(root);
    this.#keeper = new Keeper(this.#series);
    this.#keepCard = new KeepCard(this.#keeper, {
      stale: () => this.#stale(),
      run: () => {
        this.#listed = true;
        this.#run();
      },
      clear: () => this.#clear(),
      list: (place) => this.#showOpened(place),
      showError: context.showError,
    });
    root.prepend(this.#keepCard.offers.table.root);
    this.#at.card.append(this.#keepCard.card);
    this.#followUp = new FollowUp(() => this.#candidates(), {
      kept: () => (this.#keeper.state === 'on' ? this.#keeper.archive : []),
      unite: (person, entry) => this.#keeper.unite(person, entry).catch(context.showError),
    });
    byId('save', HTMLElement).before(this.#followUp.root);
    this.#runner = new Runner({
      ready: () => context.model(),
      next: () => this.#series.next(),
      screen: screener(this.#series, context.model, (entry) => this.#keeper.fileOf(entry)),
      update: (entry, change) => this.#series.update(entry, change),
    });
    const open = (/** @type {Entry} */ entry) => this.#open(entry);
    const setEye = (/** @type {Entry} */ entry, /** @type {Eye | null} */ chosen) =>
      this.#series.update(entry, { chosen });
    this.#together = new Together(context.model, (patient) => this.#keeper.lacks(patient));
    this.#tables = new Tables(this.#at, this.#series, this.#together, {
      open,
      setEye,
      setPatient: (entry, patient, stay) => this.#setPatient(entry, patient, stay).catch(context.showError),
    });
    this.#progress = new ProgressPanel(this.#at.progress, this.#series, this.#runner, context.say);
    this.#output = new Output({
      context,
      series: this.#series,
      runner: this.#runner,
      keeper: this.#keeper,
      together: this.#together,
    });
    this.#output.offer({
      slot: this.#at.out,
      name: 'batch',
      entries: () => this.#series.entries,
      paper: () => this.#withPatients(this.#tables.shown),
      whose: () => '',
      hint: () => t('save.hint'),
    });
    this.#rail = new Rail(this.#series, this.#together, this.#runner, context, {
      open,
      pause: () => this.#runner.pause(),
      go: () => this.#goOn(),
      again: () => this.#again(),
      cancel: () => this.#cancel(),
    });
    this.#rail.append(this.#keepCard.offers.rail.root);
    const slot = document.createElement('div');
    slot.className = 'save-slot';
    byId('save', HTMLElement).prepend(slot);
    this.#output.offer({
      slot,
      name: 'case',
      entries: () => this.#case(),
      paper: () => this.#case(),
      whose: () => stemOfCase(this.#rail.selected),
      hint: () => t('save.hint.case'),
    });
    this.#sameEye = new SameEye(this.#series, open);
    this.#otherUnread = new OtherUnread(this.#series);
    this.#doubts = new Doubts({
      join: (names) => this.#joinPatients(names),
      part: () => this.#series.sayOfGuesses('several'),
      one: () => this.#series.sayOfGuesses('one'),
    });
    this.#override = new Override(byId('override', HTMLElement), (entry, review) =>
      this.#series.update(entry, { review }),
    );
    this.#listen();
    translate(root);
    this.#follow();
    const home = byId('kept-offer', HTMLElement);
    home.replaceChildren(this.#keepCard.offers.home.root);
    this.#keeper.look().then(() => home.classList.remove('coming'));
  }

  opened() {
    this.#learn();
    this.#tables.refresh();
    this.#draw();
    const { page, photographs, eyes } = this.#place;
    this.#at.photographs.scroller.scrollTop = photographs;
    this.#at.eyes.scroller.scrollTop = eyes;
    scrollTo(0, page);
    if (this.#opened !== null) this.#tables.focus(this.#opened);
    this.#opened = null;
    this.#keeper.look();
  }

  /** @param {File[]} files */
  add(files) {
    this.#sorting = this.#sorting.then(() => this.#take(files));
    return this.#sorting;
  }

  /** @param {File[]} files */
  async #take(files) {
    this.#coming = files.length > 1;
    this.#draw();
    const { pictures, others } = await sortOut(files).finally(() => {
      this.#coming = false;
    });
    this.#series.others.push(...others);
    this.#learn();
    if (pictures.length > 0) {
      this.#series.remove(({ shelf }) => shelf);
      this.#series.add(pictures);
      this.#joinUnread();
      this.#listed = true;
      this.#showFirst ||= !this.#series.has(this.#rail.selected);
      const { phase } = this.#runner;
      if (phase === 'idle') this.#run();
    }
    this.#draw();
  }

  /** As if it had come with the others; before there is anything, the box is all that is said of it. @param {File} file */
  addUnread(file) {
    const { entries } = this.#series;
    const [path, bytes] = [pathOf(file), file.size];
    if (entries.some((entry) => entry.result === null && entry.path === path && entry.bytes === bytes)) return;
    if (entries.some(({ shelf }) => !shelf)) this.add([file]).catch(this.#context.showError);
    else this.#unread.push(file);
  }

  /** What could not be read before its patient had anything here stands in the list now. */
  #joinUnread() {
    const { entries } = this.#series;
    const patients = new Set(entries.map(({ patient }) => patient));
    const own = this.#unread.filter((file) => patients.has(this.#series.patientOf(file)));
    if (own.length === 0) return;
    this.#unread = this.#unread.filter((file) => !own.includes(file));
    this.add(own).catch(this.#context.showError);
  }

  /** One that was screened by itself; none for a drawing. @param {Current} photo */
  adopt(photo) {
    const { source, result, truth, name, eye, example } = photo;
    if (eye.tell !== undefined) return; // it is one of the list
    const listed = this.#series.entries.some(({ shelf }) => !shelf);
    if (!(source instanceof Blob) || result === null || truth !== null || (example !== null && listed)) {
      this.#select(null);
      return;
    }
    const { sha256 } = result.report.image;
    const known = this.#series.entries.find((entry) => entry.result?.report.image.sha256 === sha256);
    if (known === undefined) this.#rail.selected = null; // what was looked at may be of an earlier day
    const entry = known ?? this.#takeScreened(source instanceof File ? source : new File([source], name), photo);
    if (known === undefined && eye.chosen !== null) this.#series.update(entry, { chosen: eye.chosen });
    eye.tell = (chosen) => this.#series.update(entry, { chosen });
    this.#told = { entry, eye };
    this.#series.remove((other) => other.shelf && other !== entry);
    if (example === null) this.#listed ||= this.#series.entries.length > 1;
    this.#rail.on = this.#listed;
    this.#select(entry);
  }

  /** The photograph that is looked at; null for none of the list. @param {Entry | null} entry */
  #select(entry) {
    if (stemOfCase(entry) !== stemOfCase(this.#rail.selected)) this.#output.forget('case');
    this.#rail.selected = entry;
    this.#draw();
  }

  /** All photographs of the patient that is looked at; of no known patient, the one. */
  #case() {
    const { selected } = this.#rail;
    if (selected === null || !this.#series.has(selected)) return [];
    return this.#ofPatient(selected);
  }

  /** @param {Entry} entry @returns {Entry[]} */
  #ofPatient(entry) {
    if (entry.patient === '') return [entry];
    return this.#series.entries.filter(({ patient }) => patient === entry.patient);
  }

  /** And all else of the same patients: no sheet tells of one eye as if it were both. @param {Entry[]} entries @returns {Entry[]} */
  #withPatients(entries) {
    const there = new Set(entries);
    const patients = new Set(entries.map(({ patient }) => patient).filter(Boolean));
    const more = this.#series.entries.filter((entry) => patients.has(entry.patient) && !there.has(entry));
    return [...entries, ...more];
  }

  /** What is said of the patient beside it. @param {Entry} entry */
  #wholeOf(entry) {
    if (!this.#series.has(entry)) return null;
    const own = this.#ofPatient(entry);
    const together = this.#together;
    return leading(entry, wholeOf(entry, own, together), unseenText(own, together.of(own)));
  }

  /** @param {File} file @param {Current} photo @returns {Entry} */
  #takeScreened(file, { result, example }) {
    const [entry] = this.#series.add([file]);
    this.#joinUnread();
    const screened = /** @type {ScreenResult} */ (result);
    this.#series.update(entry, {
      state: 'done',
      shelf: example !== null,
      result: withoutLayers(screened, this.#info?.notes ?? []),
    });
    smallPictures(file, screened).then(
      (pictures) => this.#series.update(entry, pictures),
      (error) => console.warn(error), // the row goes without a picture
    );
    this.#learn();
    return entry;
  }

  /** As the list has it now; the same as before while it is the same photograph. @param {Entry} entry @returns {Other | null} */
  #otherOf(entry) {
    const other = this.#rail.otherEye(entry);
    if (other === undefined) return null;
    const eye = eyeOf(other);
    const known = this.#others.get(entry);
    if (known?.other === other && known.told.eye === eye) return known.told;
    /** @type {Other} */
    const told = {
      name: other.name,
      eye,
      report: () => other.result?.report ?? null,
      sooner: () => daysLeft(other) < daysLeft(entry),
      file: () => this.#keeper.fileOf(other),
      open: () => this.#open(other),
    };
    this.#others.set(entry, { other, told });
    return told;
  }

  // ---- screening ----

  /** What is to be known of the network, once it is loaded. */
  #learn() {
    this.#context.model().then(
      ({ info }) => {
        if (this.#info?.weightsSha256 === info.weightsSha256 && this.#info?.version === info.version) return;
        this.#info = info;
        this.#output.info = info;
        this.#tables.setClasses(info.classes);
        this.#draw();
      },
      () => {}, // said elsewhere
    );
  }

  /** Whoever asks is told by the runner how it ended. */
  #run() {
    this.#runner.run();
  }

  #goOn() {
    this.#series.updateAll(({ state }) => state === 'left', { state: 'waiting' });
    this.#run();
  }

  async #cancel() {
    await this.#runner.cancel();
    this.#series.updateAll(({ state }) => state === 'waiting' || state === 'working', { state: 'left' });
  }

  #again() {
    this.#series.updateAll(worthAnother, { state: 'waiting', error: null });
    this.#run();
  }

  /** Whoever went elsewhere is not fetched back. */
  stay() {
    this.#showFirst = false;
    this.#turn++;
  }

  /** @param {Entry} entry @param {boolean} [unasked] what the box says is not to go for it */
  async #open(entry, unasked = false) {
    const turn = ++this.#turn;
    try {
      this.#showFirst = false;
      const fromTable = !this.#root.hidden;
      this.#notePlace(); // where it was scrolled to just now is told later
      const file = this.#keeper.fileOf(entry);
      file.catch(() => {}); // said in its place
      await null; // after what is being drawn
      if (turn !== this.#turn) return;
      this.#opened = entry;
      if (fromTable) this.#listed = true;
      this.#rail.on = this.#listed;
      this.#select(entry);
      const tell = (/** @type {Eye | null} */ chosen) => this.#series.update(entry, { chosen });
      const { name, patient, named, chosen, result } = entry;
      const day = this.#earlierDay(entry);
      const eye = { named, chosen, tell };
      this.#told = { entry, eye };
      const whole = () => this.#wholeOf(entry);
      const other = () => this.#otherOf(entry);
      this.#context.openPhotograph({ name, patient, day, eye, known: result, other, whole, unasked }, file);
      if (fromTable) this.#rail.focus(); // the row is not to be seen now
    } catch (error) {
      this.#context.showError(error);
    }
  }

  // ---- keeping ----

  /** The day of what is kept from before; null where nobody knows it, undefined for today. @param {Entry} entry */
  #earlierDay(entry) {
    const day = dayOf(entry.path, entry.visit);
    return day === dayOf('', undefined) ? undefined : day;
  }

  /** What was kept and is open now; the button that opened it is gone. @param {string} place of that button */
  async #showOpened(place) {
    if (place === 'rail') return this.#rail.focus();
    if (place === 'home') await this.#context.show('batch');
    this.#tables.focusFirst();
  }

  /** What was looked at is of the archive now: the first of today's takes its place. */
  #leaveParted() {
    const { selected } = this.#rail;
    if (selected === null || !this.#keeper.hasParted(selected)) return;
    this.#rail.selected = null;
    this.#showFirst = true;
    if (!this.#context.isShown('screen')) this.#context.closeCase();
  }

  /**
   * What of a series from before has to be screened again: what another version screened, so that all rows compare; and a
   * photograph whose pictures were not drawn before the page was closed.
   * @returns {Promise<(entry: Entry) => boolean>}
   */
  async #stale() {
    const info = await this.#context.model().then(
      (model) => model.info,
      () => null, // the runner will say so
    );
    return ({ result, mask }) =>
      result !== null &&
      (!mask ||
        result.report.decision === undefined ||
        (info !== null &&
          (result.report.version !== info.version || result.report.model.weights_sha256 !== info.weightsSha256)));
  }

  /** What is kept of the visits in the list stands in it: or else an eye of today would clear a patient who is to be referred. */
  async #join() {
    if (this.#joining || this.#keeper.parted.size === 0) return;
    this.#joining = true;
    await this.#keeper.join(await this.#stale()).finally(() => {
      this.#joining = false;
    });
    if (this.#runner.phase === 'idle') this.#run();
  }

  /** Somebody says that all of these are one patient: it cannot be taken back, so it is asked once more. @param {string[]} names the first stays */
  async #joinPatients([patient, ...others]) {
    const of = this.#series.entries.find((one) => others.includes(one.patient));
    if (of === undefined) return;
    const text = t('batch.join.text', { name: patient, names: listed(others) });
    const choices = { all: t('batch.join.yes') };
    if ((await chosen({ title: t('batch.join.title'), text, choices, warns: true })) !== 'all') return;
    this.#series.updateAll((one) => others.includes(one.patient), {
      patient,
      person: this.#personNamed(patient, of),
      guessed: false,
    });
  }

  /** Who a name is, in the list or among what is kept; undefined where its folders are to tell. @param {string} patient @param {Entry} entry who gets it @returns {string | undefined} see personOf */
  #personNamed(patient, entry) {
    if (onlyCounts(patient) || patient === '') return undefined;
    const here = this.#series.entries.find((one) => !one.shelf && one.patient === patient);
    if (here !== undefined) return personOf(here, here.visit);
    const kept = this.#keeper.namedAs(patient, entry);
    return kept.length === 1 ? kept[0] : undefined;
  }

  /** @param {Entry} entry @param {string} patient @param {boolean} [stay] whether the focus is to stay in the field */
  async #setPatient(entry, patient, stay = false) {
    const asked = await this.#rename(entry, patient);
    if (stay || asked) this.#tables.focusPatient(entry);
  }

  /**
   * Another name for the patient, or another patient for the photograph: where it may be either, where more is kept under the
   * name, or where somebody else has the other one, it is asked.
   * @param {Entry} entry @param {string} patient @returns {Promise<boolean>} whether it was asked
   */
  async #rename(entry, patient) {
    const before = entry.patient;
    if (patient === before) return false;
    const several = this.#ofPatient(entry).length > 1;
    const warnings = this.#warningsOf(entry, patient);
    const name = patient || t('batch.patient.none');
    const said = [...(several ? [t('batch.rename.text', { before, name })] : []), ...warnings];
    const one = t(several ? 'batch.rename.one' : 'batch.rename.yes');
    /** @type {Record<string, string>} */
    const all = several ? { all: t('batch.rename.all', { before }) } : {};
    const question = { title: t('batch.rename.title'), text: said, choices: { one, ...all } };
    const answer = said.length === 0 ? 'one' : await chosen({ ...question, warns: warnings.length > 0 });
    const change = { patient, person: this.#personNamed(patient, entry), guessed: false };
    if (answer === 'all') this.#series.updateAll((other) => other.patient === before, change);
    if (answer === 'one') this.#series.update(entry, change);
    return said.length > 0;
  }

  /** What speaks against another name. @param {Entry} entry @param {string} patient @returns {string[]} */
  #warningsOf(entry, patient) {
    const name = patient || t('batch.patient.none');
    const here = patient !== '' && this.#series.entries.some((other) => !other.shelf && other.patient === patient);
    const said = [];
    if (this.#keeper.keeps(entry)) said.push(t('batch.rename.left', { before: entry.patient }));
    if (here) said.push(t('batch.rename.here', { name }));
    else if (this.#keeper.namedAs(patient, entry).length > 0) said.push(t('batch.rename.kept', { name }));
    return said;
  }

  /** What may be of an earlier visit of a patient: what is kept, and what stands in the table. */
  #candidates() {
    const { all } = this.#keeper;
    const kept = new Set(all.map(({ entry }) => entry));
    const others = this.#series.entries.filter((entry) => !kept.has(entry));
    return [...all, ...others.map((entry) => ({ key: String(entry.id), entry }))];
  }

  async #fresh() {
    const { ended } = this.#series.counts();
    const loses = this.#keeper.state !== 'on' && ended > 0 && !this.#output.saved;
    const question = { title: t('batch.ask.title'), text: t('batch.ask.text'), yes: t('batch.ask.yes') };
    if (!loses || (await confirmed(question))) await this.#clear();
  }

  /** What is kept stays, as earlier visits. */
  async #clear() {
    this.#output.hush();
    await this.#runner.cancel();
    await this.#keeper.archiveAll();
    this.#select(null);
    this.#listed = false;
    this.#context.closeCase();
    this.#series.clear();
    this.#unread = [];
    forgetUrls();
    this.#tables.refresh();
    this.#draw();
    this.#keeper.look();
  }

  // ---- what is shown ----

  #draw() {
    const { entries, others } = this.#series;
    const some = entries.length > 0;
    this.#leaveParted();
    this.#at.start.hidden = some;
    this.#at.work.hidden = !some;
    this.#keepCard.draw();
    this.#drawOthers(others, some);
    this.#progress.draw();
    this.#output.draw();
    this.#override.show(this.#rail.selected);
    this.#sameEye.show(this.#rail.selected);
    this.#otherUnread.show(this.#rail.selected);
    this.#doubts.show(this.#rail.selected);
    this.#followUp.show(this.#rail.selected);
    this.#rail.on = this.#coming || (this.#listed && some);
    this.#rail.ask();
    this.#tellCase();
    this.#openFirst();
  }

  /** What changed of it in the table stands beside the photograph as well. */
  #tellCase() {
    const told = this.#told;
    if (told === null || !this.#series.has(told.entry)) return;
    const { entry, eye } = told;
    const { patient, chosen, shelf } = entry;
    const whole = () => this.#wholeOf(entry);
    const other = () => this.#otherOf(entry);
    if (!shelf) this.#context.tellOf(eye, { patient, chosen, day: this.#earlierDay(entry), whole, other });
  }

  /** Whoever has just brought photographs sees the first that is screened. */
  #openFirst() {
    if (!this.#showFirst || !this.#context.isShown('screen')) return;
    const first = this.#series.entries.find(
      (entry) => entry.state === 'done' && entry.result !== null && !this.#keeper.isEarlier(entry),
    );
    if (first !== undefined) this.#open(first, true);
  }

  /** @param {string[]} others @param {boolean} some whether the table is in use */
  #drawOthers(others, some) {
    const { root, summary, list } = this.#at.others;
    root.hidden = others.length === 0;
    write(summary, t('batch.others', { count: others.length }));
    write(list, others.length === 0 ? '' : listedSome(others, 100));
    const place = some ? this.#at.card : this.#at.start;
    if (root.previousElementSibling !== place) place.after(root);
  }

  // ---- what people do ----

  #listen() {
    const { progress, fresh } = this.#at;
    this.#listenToInputs();
    progress.pause.addEventListener('click', () => this.#runner.pause());
    progress.go.addEventListener('click', () => this.#goOn());
    progress.again.addEventListener('click', () => this.#again());
    progress.cancel.addEventListener('click', () => this.#cancel());
    fresh.addEventListener('click', () => this.#fresh().catch(this.#context.showError));
    addEventListener('focus', () => (this.#root.hidden ? undefined : this.#keeper.look())); // other tabs come and go
    addEventListener('scroll', () => this.#notePlace(), { capture: true, passive: true });
    addEventListener('beforeunload', (event) => {
      const { state, waiting } = this.#keeper;
      const unsaved = this.#runner.busy || (this.#listed && this.#series.counts().ended > 0 && !this.#output.saved);
      if (state === 'on' ? waiting > 0 : unsaved) event.preventDefault();
    });
  }

  /** What is shown follows what changes. */
  #follow() {
    /** @param {() => void} read what it depends on @param {() => void} write */
    const after = (read, write) =>
      effect(() => {
        read();
        untracked(write);
      });
    const { changes } = this.#series;
    after(
      () => language(),
      () => {
        this.#rail.rewrite();
        this.#output.rewrite();
        this.#override.rewrite();
        this.#sameEye.rewrite();
      },
    );
    after(
      () => [language(), rules()],
      () => this.#tables.rewrite(),
    );
    after(
      () => changes.value,
      () => this.#tables.ask(),
    );
    after(
      () => this.#together.answers.value,
      () => {
        this.#tables.ask();
        this.#rail.ask();
        this.#tellCase();
      },
    );
    after(
      () => [changes.value, this.#keeper.changes.value],
      () => this.#join().catch(this.#context.showError),
    );
    after(
      () => [language(), rules(), changes.value, this.#runner.phase, this.#keeper.changes.value],
      () => this.#draw(),
    );
  }

  #listenToInputs() {
    const { file, folder } = this.#at;
    const take = (/** @type {File[]} */ files) => this.add(files).catch(this.#context.showError);
    const chosen = (/** @type {HTMLInputElement} */ input) => {
      const files = [...(input.files ?? [])];
      input.value = ''; // the same ones may be chosen again
      return files;
    };
    for (const [name, input] of /** @type {const} */ ([
      ['choose', file],
      ['folder', folder],
    ]))
      for (const button of this.#root.querySelectorAll(`[data-act="${name}"]`)) {
        button.toggleAttribute('hidden', name === 'folder' && !('webkitdirectory' in folder)); // as on phones
        button.addEventListener('click', () => input.click());
      }
    file.addEventListener('change', () => take(chosen(file)));
    folder.addEventListener('change', () => {
      const { files, more, folders } = filesOfFolder(chosen(folder));
      take(files);
      const name = folders[0] ?? '';
      if (more) this.#context.showError(new PageError('argument', 'inputs.too-many', { name, most: MAX_FILES }));
      if (files.length === 0) this.#context.showError(new PageError('format', 'inputs.empty-folder', { name }));
    });
  }

  #notePlace() {
    if (this.#root.hidden) return;
    const { photographs, eyes } = this.#at;
    this.#place = {
      page: scrollY,
      photographs: photographs.scroller.scrollTop,
      eyes: eyes.panel.hidden ? this.#place.eyes : eyes.scroller.scrollTop,
    };
  }
}
