/**
 * What the parts of the page share: main.js makes it, each view gets it.
 *
 * @import { Layer, Lesion, Model } from '../../vmnet.js'
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
 * @property {Blob | ImageData} source
 * @property {import('../case/strengths.js').Strengths} results by strength of the guide, 0..1
 * @property {Truth | null} truth what a phantom was drawn with
 * @property {import('../case/eye-choice.js').EyeKnown} eye what is known of it beside the picture
 * @property {Map<string, CanvasImageSource | import('../viewer/tiles.js').Drawn>} pictures of layers, by name
 */

/**
 * @typedef {object} Context
 * @property {() => Promise<Model>} model the one model of this page; rejects when it could not be loaded
 * @property {(name: string, source: Blob | ImageData, eye?: import('../case/eye-choice.js').EyeKnown) => void} openPhotograph shows it in the Screen view, and screens it
 * @property {(choice: { seed: number, lesions: Lesion[] }) => void} openPhantom
 * @property {() => void} openSample
 * @property {() => Current | null} current the photograph in the Screen view, once it is screened
 * @property {(listener: () => void) => void} onCurrent calls back when another one lies there
 * @property {(files: File[]) => void} receive files that came in by whatever way: one is shown, several, or one in the Series view, go into the series
 * @property {(view: ViewName) => void} show
 * @property {(error: unknown) => void} showError in the box at the top
 * @property {(text: string) => void} say for those who do not see the page
 */

/**
 * A view that is loaded when it is first shown. `opened` is called each time, `closed` when another one is shown.
 * @typedef {{ opened: () => void, closed: () => void }} View
 */

export {};
