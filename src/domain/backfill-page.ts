/** Pages of a backfill: requests to GitHub's API that are still to be made. This file names every kind and what it carries. */
import { z } from 'zod'
import type { PullRequestEvent } from './facts.ts'

const id = z.int()
const time = z.iso.datetime()
/** A page of a list of the REST API, counted from 1. */
const listPage = z.object({ page: z.int().positive() })

const pullRequestEvent = z.object({
  repository_id: id,
  number: id,
  reported_at: z.string(),
  action: z.string(),
  head_sha: z.string(),
  head_ref: z.string().nullable(),
  head_repository_id: id.nullable(),
  base_ref: z.string(),
  base_sha: z.string().nullable(),
  state: z.string(),
  merged: z.boolean(),
  draft: z.boolean(),
  title: z.string(),
  author: z.string(),
  author_is_bot: z.boolean(),
  labels: z.array(z.string()),
  merge_sha: z.string().nullable(),
  created_at: z.string(),
}) satisfies z.ZodType<PullRequestEvent>

const commit = z.object({
  sha: z.string(),
  /** Whether the commit is on the default branch or a merge queue's branch. */
  trunk: z.boolean(),
  /** The branch of a merge queue. */
  queue: z.string().nullable(),
  /** Recorded if CI ran on the commit: only heads are tested, and GitHub does not say which commits were heads. */
  events: z.array(pullRequestEvent),
  /** The pull request that the commit may be a head of. */
  number: id.nullable(),
  /** RFC 3339: only results since then are wanted; null for all. */
  after: time.nullable(),
})
const resultsOfCommit = z.object({
  ...commit.shape,
  ...listPage.shape,
  /** The branches that the check suites of the commit name, by the id of the suite; null where they are unknown. */
  branches: z.record(z.string(), z.string().nullable()).nullable(),
})

/** A pull request from the list of the REST API, with the fields that are needed. */
const pull = z.object({
  number: id,
  title: z.string(),
  state: z.string(),
  draft: z.boolean(),
  merged_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  closed_at: z.string().nullable(),
  merge_commit_sha: z.string().nullable(),
  body: z.string().nullable(),
  author_association: z.string().nullable(),
  user: z.object({ login: z.string(), type: z.string().exactOptional() }).nullable(),
  labels: z.array(z.object({ name: z.string() })),
  head: z.object({ ref: z.string(), sha: z.string(), repo: z.object({ id }).nullable() }),
  base: z.object({ ref: z.string(), sha: z.string() }),
})

function kind<K extends string, P extends z.ZodType>(name: K, payload: P) {
  return z.object({ kind: z.literal(name), payload })
}

const requestSchema = z.discriminatedUnion('kind', [
  /** Lists pull requests by GraphQL, `first` of them after `cursor`: with their heads, or `alone`, to be read one by one. */
  kind('pulls', z.object({ cursor: z.string().nullable(), first: z.int().positive(), alone: z.boolean() })),
  /** Reads all commits, changes of the head and reviews of one pull request by GraphQL. */
  kind('whole-pull', z.object({ number: id })),
  /** Lists open pull requests by GraphQL that were last updated before the time that is read. */
  kind('old-pulls', z.object({ cursor: z.string().nullable(), page: z.int().positive() })),
  /** Finds the pull requests of commits that Actions ran on. */
  kind(
    'orphans',
    z.object({ heads: z.array(z.object({ head_sha: z.string(), head_branches: z.array(z.string()) })) }),
  ),
  /** Lists pull requests by REST. */
  kind('pulls-rest', listPage),
  /** Reads the commits and the timeline of one pull request by REST. */
  kind('pull', z.object({ pull })),
  /** Finds which commits have CI results. */
  kind('look', z.object({ looks: z.array(commit) })),
  /** Lists the check runs of a commit. */
  kind('checks', resultsOfCommit),
  /** Lists the statuses of a commit. */
  kind('statuses', resultsOfCommit),
  /** Lists the commits of the default branch. */
  kind('trunk', listPage),
  /** Lists the Actions runs created from `from` to `to`, whole seconds. */
  kind('runs', z.object({ from: time, to: time, ...listPage.shape })),
  /** Reads one attempt of an Actions run. */
  kind('attempt', z.object({ run: id, attempt: z.int().positive() })),
  /** Lists the jobs of an attempt that did not succeed. */
  kind('jobs', z.object({ run: id, attempt: z.int().positive(), ...listPage.shape })),
  /** Lists the comments on issues and pull requests. */
  kind('comments', listPage),
  /** Lists the comments on the diffs of pull requests. */
  kind('review_comments', listPage),
])

/** What to read: the kind of a page and its payload. */
export type PageRequest = z.infer<typeof requestSchema>
export type PageKind = PageRequest['kind']
/** What each kind of page carries. */
export type PagePayloads = { [R in PageRequest as R['kind']]: R['payload'] }

/** What each kind of page holds, for people. */
export const PAGE_CONTENTS: Record<PageKind, string> = {
  pulls: 'pull requests',
  'pulls-rest': 'pull requests',
  'old-pulls': 'results of open pull requests without a recent update',
  'whole-pull': 'commits and timelines of pull requests',
  pull: 'commits and timelines of pull requests',
  look: 'whether CI ran on commits',
  orphans: 'pull requests of Actions runs',
  checks: 'check runs of commits',
  statuses: 'statuses of commits',
  trunk: 'commits of the default branch',
  runs: 'Actions runs',
  attempt: 'earlier attempts of Actions runs',
  jobs: 'jobs of Actions runs',
  comments: 'comments',
  review_comments: 'comments on code',
}

/** A commit that may have CI results. */
export type Look = z.infer<typeof commit>

/** A page of one kind to be read. */
export interface PageOf<K extends PageKind> {
  /** The same request has the same key, whichever page led to it. */
  key: string
  kind: K
  payload: PagePayloads[K]
  /** Pull requests that are not complete before this page is read; for the progress. */
  numbers: readonly number[]
}

/** A page of any kind to be read. */
export type Page = { [K in PageKind]: PageOf<K> }[PageKind]

/** Makes a page. @param name identifies the request among those of its kind */
export function newPage<K extends PageKind>(
  kind: K,
  name: string | number,
  payload: PagePayloads[K],
  numbers: readonly number[] = [],
): PageOf<K> {
  return { key: `${kind}:${name}`, kind, payload, numbers }
}

/** Parses a stored page. @returns what to read, or a sentence that says why the page is not valid */
export function parsePage(stored: { kind: string; payload: unknown }): PageRequest | { problem: string } {
  const result = requestSchema.safeParse(stored)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.join('.') ?? ''
  if (path === 'kind') return { problem: `no page is of the kind ${stored.kind}` }
  return { problem: `the payload of the ${stored.kind} page is not valid: ${path}: ${issue?.message}` }
}
