/** What we use of the object that Home Assistant gives to cards, and no more. */

import type { Message } from "./feed/message";

/** The line to Home Assistant. */
export interface Connection {
  subscribeMessage(
    callback: (message: Message) => void,
    command: { readonly type: string } & Readonly<Record<string, unknown>>,
    options?: { readonly resubscribe?: boolean },
  ): Promise<() => Promise<void> | void>;
  addEventListener(event: "ready" | "disconnected", heard: () => void): void;
  removeEventListener(event: "ready" | "disconnected", heard: () => void): void;
}

/** How a user reads numbers and times. */
export interface UserLocale {
  readonly language: string;
  readonly number_format: string;
  readonly time_format: string;
  readonly time_zone: string;
}

export interface EntityEntry {
  readonly entity_id: string;
  readonly platform?: string;
  readonly translation_key?: string;
  readonly device_id?: string | null;
  readonly entity_category?: string | null;
  readonly hidden?: boolean;
}

export interface DeviceEntry {
  readonly name?: string | null;
  readonly name_by_user?: string | null;
  readonly parent_device_id?: string | null;
}

export interface EntityState {
  readonly state: string;
}

export interface Hass {
  readonly connection: Connection;
  readonly locale: UserLocale;
  readonly config: { readonly time_zone: string };
  readonly themes: { readonly darkMode?: boolean };
  readonly states: Readonly<Record<string, EntityState>>;
  readonly entities: Readonly<Record<string, EntityEntry>>;
  readonly devices: Readonly<Record<string, DeviceEntry>>;
  callService(
    domain: string,
    service: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<unknown>;
}
