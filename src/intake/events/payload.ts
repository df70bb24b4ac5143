/** Schemas of the parts that webhook payloads share. A payload is checked for what is read from it and no more. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isBot } from '../../domain/bot.ts'
import type { RepositoryFact } from '../../domain/facts.ts'

export const text = z.string().transform(storable)
/** One of GitHub's own words, such as an action or a state. */
export const word = z.string().max(100).transform(storable)
export const id = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
export const number = z.number().int().positive().max(2_147_483_647)
export const sha = z
  .string()
  .regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/i, 'is not a commit SHA')
  .transform((value) => value.toLowerCase())
export const time = z
  .string()
  .max(64)
  .refine((value) => isTime(value), 'is not a time')
  .transform((value) => new Date(value).toISOString())

/** Replaces what PostgreSQL cannot store: NUL and half of a surrogate pair. Everything else is kept as it is. */
export function storable(value: string): string {
  return value.replaceAll('\u0000', '\uFFFD').toWellFormed()
}

/** Makes every text of a JSON value storable. @throws RangeError when it is nested too deeply to be written as JSON */
export function storableJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null), (_key, part: unknown) => {
    if (typeof part === 'string') return storable(part)
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [storable(key), value]))
  })
}

/** Reads an absent value as null. */
export function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? null)
}

export const user = z
  .object({ login: text, type: z.string().nullish() })
  .transform(({ login, type }) => ({ login, isBot: isBot({ login, type }) }))

/** A deleted account is null. GitHub shows it as `ghost`. */
export const author = user.nullish().transform((value) => value ?? { login: 'ghost', isBot: false })

export const repository = z.object({
  id: id.positive(),
  full_name: text,
  private: z.boolean().nullish(),
  default_branch: text.nullish(),
  // GitHub's clock: every change of the name, the visibility or the default branch moves it.
  updated_at: optional(time).catch(null),
})

export const envelope = z.object({
  action: word.nullish(),
  repository,
  installation: z.object({ id }).nullish(),
})

export type Envelope = z.infer<typeof envelope>

/**
 * What the envelope says about its repository. It is dated by `updated_at`, which every complete description of a repository has
 * (GitHub's webhook schema `repository-webhooks`) and which is the time of the change in its examples of `privatized` and
 * `publicized`.
 * @param at the payload's own newest time (RFC 3339), used where there is no `updated_at`
 * @param isGitHubsTime false when `at` is the time of arrival or was chosen by an app
 */
export function repositoryFact(payload: Envelope, at: string, isGitHubsTime = true): RepositoryFact {
  const { updated_at } = payload.repository
  return {
    repository_id: payload.repository.id,
    full_name: payload.repository.full_name,
    private: payload.repository.private ?? false,
    default_branch: payload.repository.default_branch ?? null,
    reported_at: updated_at ?? at,
    timing: updated_at !== null || isGitHubsTime ? 'own' : 'arrival',
    installation_id: payload.installation?.id ?? null,
    membership: 'seen',
    changed_at: at,
  }
}

/** A short stable key for parts of any length: job names and URLs can be longer than an index entry may be. */
export function digest(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 27)
}

/** The error for a payload that lacks what its event promises. */
export function missing(path: string[], of: string): z.ZodError {
  return new z.ZodError([{ code: 'custom', path, message: `is missing on ${of}`, input: null }])
}

function isTime(value: string): boolean {
  const at = Date.parse(value)
  return at >= 0 && at < Date.UTC(2200, 0)
}
