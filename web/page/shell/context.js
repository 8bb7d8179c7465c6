/**
 * What the parts of the page share: main.js makes it, each view gets it.
 *
 * @import { Layer, Lesion, Model, Report, ScreenResult } from '../../vmnet.js'
 */

/** @typedef {'screen' | 'batch' | 'teach'} ViewName */

/**
 * What a phantom was drawn with.
 * @typedef {{ choice: { seed: number, lesions: Lesion[] }, vessels: Layer, lesions: Layer }} Truth
 */

/**
 * The photograph on the table.
 * @typedef {object} Current
 * @property {string} name
 * @property {string} patient '' where none is known
 * @property {string | null} [day] of an earlier visit, as 2026-03-07; null: nobody knows which; undefined: today
 * @property {Blob | ImageData} source
 * @property {Report | null} known what was found before, where it was; it is screened again for its layers
 * @property {ScreenResult | null} result null until it is screened
 * @property {import('../case/case.js').Example | null} example where it is one
 * @property {Truth | null} truth what a phantom was drawn with
 * @property {import('../case/eye-choice.js').EyeKnown} eye what is known of it beside the picture
 * @property {Map<string, CanvasImageSource | import('../viewer/tiles.js').Drawn>} pictures of layers, by name
 * @property {() => { answer: string, patient: string, own: string, toDo: string, coming?: true } | null} whole what is said of the patient, of this photograph and what to do, where its own answer is less urgent than the patient's; answer: '' where that is not known yet, coming: because it is on its way; patient: '' where only toDo says more, as which eye was not photographed
 * @property {() => Other | null} other the other eye of the same patient as the list has it now: the same object as long as it is the same photograph
 */

/**
 * The other eye of the same patient.
 * @typedef {object} Other
 * @property {string} name
 * @property {'OD' | 'OS' | ''} eye
 * @property {() => Report | null} report null until it is screened
 * @property {() => boolean} sooner whether less time is left for it than for the one that is looked at, by the clinic's rules
 * @property {() => Promise<Blob>} file
 * @property {() => void} open makes it the one that is looked at
 */

/**
 * What is known of a photograph that is to be shown.
 * @typedef {object} Opening
 * @property {string} name
 * @property {string} [patient]
 * @property {Promise<import('../intake/names.js').Guess | null>} [guess] whose it is by its name, where that is still to be told
 * @property {string | null} [day] of an earlier visit (see Current)
 * @property {import('../case/eye-choice.js').EyeKnown} [eye]
 * @property {{ report: Report } | null} [known] what was screened before: its answer is shown at once
 * @property {Current['other']} [other]
 * @property {import('../case/case.js').Example | null} [example] where it is one
 * @property {Current['whole']} [whole]
 * @property {() => void} [unread] called where it cannot be screened
 * @property {boolean} [unasked] nobody asked for it: what the error box says stays
 */

/**
 * @typedef {object} Context
 * @property {() => Promise<Model>} model the one model of this page; rejects when it could not be loaded
 * @property {(opening: Opening, source: Blob | ImageData | Promise<Blob>) => void} openPhotograph shows it as the case, and screens it; at once, though it may still be on its way: what is asked for last is what is shown
 * @property {(choice: { seed: number, lesions: Lesion[] }) => void} openPhantom
 * @property {(name: import('../case/case.js').Example) => void} openExample
 * @property {() => void} closeCase forgets what is shown: the home page
 * @property {(view: ViewName) => boolean} isShown
 * @property {(eye: Current['eye'], known: Pick<Current, 'patient' | 'day' | 'whole' | 'other'> & { chosen: import('../intake/one-name.js').Eye | null }) => void} tellOf what the list knows of the photograph of the case, which was opened with this eye
 * @property {() => Current | null} current the photograph of the case, once it is screened; an effect that asks runs again with the next
 * @property {(files: File[]) => void} receive files that came in by whatever way: one is shown, several are listed beside the case, and in the table all go into the table
 * @property {(view: ViewName) => Promise<void>} show
 * @property {(error: unknown) => void} showError in the box at the foot of the window
 * @property {(text: string) => void} say for those who do not see the page
 */

/**
 * A view that is loaded when it is first shown. `opened` is called each time, `closed` when another one is shown.
 * @typedef {{ opened: () => void, closed: () => void }} View
 */

export {};
