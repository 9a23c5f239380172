/** The API's OpenAPI document, as the reference shows it. */
import { read, type Role } from './console.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Schema = {
  $ref?: string;
  type?: string | string[];
  title?: string;
  description?: string;
  default?: Json;
  example?: Json;
  examples?: Json[];
  const?: Json;
  enum?: Json[];
  format?: string;
  minimum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  discriminator?: unknown;
};
export type Parameter = { name: string; in: 'path' | 'query' | 'header'; required?: boolean; description?: string; schema?: Schema; example?: Json };
type Media = { schema?: Schema; example?: Json; examples?: Record<string, { value?: Json }> };
type Described = { description?: string; content?: Record<string, Media>; $ref?: string };
type RawOperation = {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses?: Record<string, Described>;
  security?: Record<string, string[]>[];
};
export type Document = {
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, RawOperation>>;
  components: { schemas: Record<string, Schema>; responses?: Record<string, Described> };
};
export type Operation = {
  id: string;
  method: string;
  path: string;
  summary: string;
  description: string;
  tag: string;
  parameters: Parameter[];
  /** An example of the body as indented JSON; null where there is none. */
  body: string | null;
  needsKey: boolean;
  responses: { status: string; meaning: string }[];
  /** Who may call it: the first role that has a required scope; null for any caller. */
  role: Role | null;
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
export const KEY = 'Idempotency-Key';
const DEEPEST = 6;
const ROLES: Record<string, Role> = {
  'eeum/wallet': 'resident',
  'eeum/merchant': 'merchant',
  'eeum/payments': 'acquirer',
  'eeum/top_ups': 'bank',
  'eeum-staff/operate': 'operator',
};

export const readDocument = () => read<Document>('openapi');

export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => method in methods).map((method) => operation(document, path, method, methods[method] ?? {})),
  );
}

function operation(document: Document, path: string, method: string, raw: RawOperation): Operation {
  const media = raw.requestBody?.content['application/json'];
  const parameters = raw.parameters ?? [];
  const scopes = (raw.security ?? []).flatMap((requirement) => Object.values(requirement).flat());
  return {
    id: raw.operationId ?? `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    summary: raw.summary ?? '',
    description: raw.description ?? '',
    tag: raw.tags?.[0] ?? '',
    parameters: parameters.filter((each) => each.name !== KEY),
    body: media ? JSON.stringify(exampleOf(document, media), null, 2) : null,
    needsKey: parameters.some((each) => each.name === KEY),
    responses: Object.entries(raw.responses ?? {}).map(([status, each]) => ({ status, meaning: meaningOf(document, each) })),
    role: scopes.map((scope) => ROLES[scope]).find((role) => role !== undefined) ?? null,
  };
}

function meaningOf(document: Document, described: Described): string {
  const name = described.$ref?.split('/').at(-1);
  return (name ? document.components.responses?.[name]?.description : described.description) ?? '';
}

function exampleOf(document: Document, media: Media): Json {
  if (media.example !== undefined) return media.example;
  const [first] = Object.values(media.examples ?? {});
  if (first?.value !== undefined) return first.value;
  return media.schema ? madeUp(document, media.schema, DEEPEST) : {};
}

/** A value of the schema: its own example, or one with its required fields only. */
export function madeUp(document: Document, schema: Schema, depth: number): Json {
  if (schema.$ref) {
    const named = document.components.schemas[schema.$ref.split('/').at(-1) ?? ''];
    return named ? madeUp(document, named, depth) : null;
  }
  const given = schema.example ?? schema.examples?.[0] ?? schema.const ?? schema.default ?? schema.enum?.[0];
  if (given !== undefined) return given;
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((each) => madeUp(document, each, depth)));
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return madeUp(document, choice, depth);
  return ofType(document, schema, depth);
}

function ofType(document: Document, schema: Schema, depth: number): Json {
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'string':
      return schema.format === 'date-time' ? '2021-02-01T00:00:00+09:00' : schema.format === 'date' ? '2021-02-01' : '';
    case 'integer':
    case 'number':
      return schema.minimum ?? 1000;
    case 'boolean':
      return false;
    case 'array':
      return schema.items && depth > 0 ? [madeUp(document, schema.items, depth - 1)] : [];
    case 'null':
      return null;
    default: {
      if (depth === 0) return {};
      const wanted = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
      return Object.fromEntries(wanted.map(([name, each]) => [name, madeUp(document, each, depth - 1)]));
    }
  }
}
