/**
 * DICOMweb: a worklist by QIDO-RS, photographs by WADO-RS, results back by STOW-RS. Runs in browsers and in Node.js 20 or
 * later. It asks the server that it is told and no other, and nothing before a method is called.
 *
 *   import { connect } from 'vmnet-web/dicomweb';
 *   const archive = connect({ url: 'https://pacs.example/dicom-web', token });
 */

export { VmnetError } from './vmnet.js';

export interface DicomwebOptions {
  /** The service's root, under which /studies lies: http or https, without user name, password or query. */
  url: string | URL;
  /**
   * Sent as `Authorization: Bearer`, and in no error's text. A function is asked before each request, so that it can renew the
   * token.
   */
  token?: string | (() => string | Promise<string>);
  /** Sent with each request, besides; the token goes before an `Authorization` of them. */
  headers?: Record<string, string>;
  /** Of fetch(). Default 'same-origin': cookies go to the page's own origin only. */
  credentials?: RequestCredentials;
  /** How often a request that got no answer, or 408, 429, 502, 503 or 504, is sent again: 0 to 10. Default 3. */
  retries?: number;
  /**
   * Milliseconds before the second try; twice as many before each further one, at random from half to all of it. A longer
   * `Retry-After` of the server goes before, up to a minute. Default 500.
   */
  backoff?: number;
  /**
   * Milliseconds, 1 to 3600000, without anything from the server after which a request ends with 'network', whose text says so;
   * it is not sent again. What is sent has a second more for each 16 KB. Default 60000.
   */
  timeout?: number;
}

export interface RequestOptions {
  /** Rejects with 'aborted', also while it waits for a further try or for `token()`. */
  signal?: AbortSignal;
}

/** `total` is null where the server does not say it. */
export type OnBytes = (progress: { loaded: number; total: number | null }) => void;

export interface Study {
  /** UID. Empty where the server gives none that is one (PS3.5 9.1; zeros may lead): nothing can be asked of it. */
  study: string;
  /** YYYYMMDD, HHMMSS. */
  date: string | null;
  time: string | null;
  accession: string | null;
  description: string | null;
  modalities: string[];
  /** How many objects it holds; null where the server does not say it. */
  instances: number | null;
  patient: { name: string | null; id: string | null; birthDate: string | null; sex: string | null };
}

/** Which object: UIDs, empty in a list as above. */
export interface Instance {
  study: string;
  series: string;
  instance: string;
}

export interface StoredPhotograph extends Instance {
  /** UID. */
  sopClass: string;
  /** In its series. */
  number: number | null;
  laterality: 'R' | 'L' | 'B' | null;
  /** Pixels; null where the server does not say it. */
  width: number | null;
  height: number | null;
  /** Photographs in the object. */
  frames: number;
}

export interface Stored {
  /** UID. */
  instance: string;
  /** Where the server has it now, http or https; null where it does not say. */
  url: string | null;
  /** What the server changed or found odd, as its code (0008,1196); null if nothing. */
  warning: number | null;
}

/**
 * Each method throws VmnetError: 'argument', 'aborted', 'too-large' (a list over 32 MiB), or 'network', whose text holds the
 * server's own and whose `facts` are `status` (0 where no answer came), `service` ('QIDO-RS', 'WADO-RS', 'STOW-RS', 'token'),
 * `text` where it said something (of 64 KiB at most, the first 300 letters), and `timeout` where nothing came for so long.
 * A redirect is not followed but such an error (in a browser of status 0): what is sent goes to the root's own address alone.
 */
export interface Dicomweb {
  /**
   * The worklist: studies, in the server's order, a page of at most `limit` (1 to 1000, default 100) from `offset` on.
   * @param query attributes to match, by keyword, in QIDO-RS's form, such as `{ StudyDate: '20260101-', PatientID: '7' }`.
   *   Default `{ ModalitiesInStudy: 'OP' }`; cameras that send VL Photographic have 'XC', Secondary Capture any.
   */
  studies(
    query?: Record<string, string | number>,
    options?: RequestOptions & { limit?: number; offset?: number },
  ): Promise<Study[]>;
  /** The objects of a study that can be screened: photographs, by their SOP class. @param study UID */
  photographs(study: string, options?: RequestOptions): Promise<StoredPhotograph[]>;
  /**
   * The object as the server keeps it, in its own transfer syntax, to be screened as a file.
   * @throws {VmnetError} besides: 'too-large' over 64 MiB, 'damaged' an answer that ends too early
   */
  fetch(instance: Instance, options?: RequestOptions & { onProgress?: OnBytes }): Promise<File>;
  /**
   * Stores objects, one request each, so that what failed can be told from what did not: it stops at the first that is
   * refused, with `facts.stored`, the number of those before it. To store one again does no harm.
   */
  store(
    objects: (Uint8Array<ArrayBuffer> | Blob)[],
    options?: RequestOptions & { onProgress?: (progress: { stored: number; total: number }) => void },
  ): Promise<Stored[]>;
}

/** Nothing is asked yet. @throws {VmnetError} 'argument' */
export function connect(options: DicomwebOptions): Dicomweb;
