/** The few parts of idb that web/page/save/ uses. */

export interface ObjectStore {
  get<T>(key: IDBValidKey): Promise<T | undefined>;
  delete(key: IDBValidKey): Promise<void>;
}

export interface Database {
  get<T>(store: string, key: IDBValidKey): Promise<T | undefined>;
  getAll<T>(store: string): Promise<T[]>;
  getAllKeys(store: string): Promise<IDBValidKey[]>;
  count(store: string): Promise<number>;
  put(store: string, value: unknown, key: IDBValidKey): Promise<IDBValidKey>;
  transaction(
    stores: string[],
    mode: IDBTransactionMode,
  ): { objectStore(name: string): ObjectStore; done: Promise<void>; abort(): void };
  close(): void;
}

export function openDB(
  name: string,
  version: number,
  on: {
    upgrade(db: { createObjectStore(name: string): unknown }): void;
    blocking(current: number, blocked: number | null, event: Event): void;
  },
): Promise<Database>;
export function deleteDB(name: string): Promise<void>;
