/** The CSV tables of attributions, flake rate changes, and of one job, flake or pull request. */

import type { Context } from 'hono'
import { z } from 'zod'
import { readChangePoints } from '../../db/change-points.ts'
import { readHuntsOfJob } from '../../db/hunts.ts'
import { readJob } from '../../db/job-table.ts'
import { readHeadsOf } from '../../db/pull-requests.ts'
import type { DashboardDeps } from '../deps.ts'
import { readMergedAround } from '../merged-around.ts'
import { readAttributionRecords } from '../queries/accuracy.ts'
import { readFlake, readRevisions, readRunsAt } from '../queries/flake.ts'
import { readDurations } from '../queries/job.ts'
import { readRunnerRecords } from '../queries/runners.ts'
import { readRetests } from '../retests.ts'
import { lastDays, MAX_HEADS, type RepositoryView } from '../view.ts'
import { historyQuery } from './months-and-status-routes.ts'
import { daysQuery } from './query.ts'
import { runJson, runShape } from './shapes.ts'
import { jobOf, type Table } from './table.ts'

const MAX_HUNTS = 500
const MAX_MERGED = 500
const FIRST_DAY = '1970-01-01'
const NO_PARAMETERS = z.object({})

/** Adds these tables to the API. */
export function addDetailTables(deps: DashboardDeps, table: Table): void {
  const { db } = deps
  table(
    'attributions.csv',
    [
      'attribution',
      'flakes',
      'corrected_mine',
      'corrected_not_mine',
      'later_only_own',
      'later_only_others',
      'changed',
      'reversed',
    ],
    historyQuery,
    async (view, { days }) =>
      (await readAttributionRecords(db, view.scope, lastDays(view, days))).map((row) => ({ ...row })),
  )
  table(
    'changes.csv',
    [
      'changed_on',
      'job_id',
      'job',
      'before_flaky',
      'before_verdicts',
      'after_flaky',
      'after_verdicts',
      'merged',
    ],
    historyQuery,
    async (view, { days }) => {
      const since = new Date(lastDays(view, days).from).toISOString().slice(0, 10)
      const changes = await readChangePoints(db, view.repository.repository_id, since)
      return changes.map(({ merged, ...row }) => ({ ...row, merged: merged.join(' ') }))
    },
  )
  addJobTables(deps, table)
  addFlakeTables(deps, table)
  table(
    'pulls/:number{[0-9]{1,9}}/retests.csv',
    ['at', 'author', 'bot', 'words'],
    NO_PARAMETERS,
    async (view, _q, c) => {
      const [id, number] = [view.repository.repository_id, Number(c.req.param('number'))]
      const heads = await readHeadsOf(db, id, number)
      if (heads.length === 0) return null
      return (await readRetests(db, view, number, heads.slice(0, MAX_HEADS))).map((row) => ({ ...row }))
    },
  )
}

function addJobTables({ db }: DashboardDeps, table: Table): void {
  table(
    'jobs/:job{[0-9]{1,16}}/runners.csv',
    ['runner', 'fails', 'passes', 'last_at'],
    daysQuery,
    async (view, { days }, c) => {
      const key = jobOf(view, c)
      if (!(await readJob(db, key))) return null
      return (await readRunnerRecords(db, key, lastDays(view, days))).map((row) => ({ ...row }))
    },
  )
  table(
    'jobs/:job{[0-9]{1,16}}/durations.csv',
    ['outcome', 'runs', 'median_s', 'p90_s'],
    daysQuery,
    async (view, { days }, c) => {
      const key = jobOf(view, c)
      if (!(await readJob(db, key))) return null
      return (await readDurations(db, key, lastDays(view, days))).map((row) => ({ ...row }))
    },
  )
  table(
    'jobs/:job{[0-9]{1,16}}/changes/:day{[0-9]{4}-[0-9]{2}-[0-9]{2}}/merged.csv',
    ['pull_request', 'title', 'author', 'merged_at'],
    NO_PARAMETERS,
    async (view, _query, c) => {
      const { repositoryId, jobId } = jobOf(view, c)
      const changes = await readChangePoints(db, repositoryId, FIRST_DAY, jobId)
      const change = changes.find((candidate) => candidate.changed_on === c.req.param('day'))
      if (!change) return null
      const merged = await readMergedAround(db, view, change.changed_on, MAX_MERGED)
      return merged.map(({ number, ...row }) => ({ pull_request: number, ...row }))
    },
  )
  table(
    'jobs/:job{[0-9]{1,16}}/hunts.csv',
    ['name', 'started_at', 'ended_at', 'changed', 'headline', 'notes'],
    NO_PARAMETERS,
    async (view, _query, c) => {
      const job = await readJob(db, jobOf(view, c))
      if (!job) return null
      const hunts = await readHuntsOfJob(db, view.repository.full_name, job.name, MAX_HUNTS)
      return hunts.map((row) => ({ ...row }))
    },
  )
}

function addFlakeTables({ db }: DashboardDeps, table: Table): void {
  const path = 'flakes/:sha{[0-9a-f]{40,64}}/:job{[0-9]{1,16}}'
  const keyOf = (view: RepositoryView, c: Context) => ({
    repositoryId: view.repository.repository_id,
    headSha: c.req.param('sha') ?? '',
    jobId: Number(c.req.param('job')),
  })
  table(`${path}/runs.csv`, Object.keys(runShape.shape), NO_PARAMETERS, async (view, _query, c) => {
    const key = keyOf(view, c)
    return (await readFlake(db, key)) ? (await readRunsAt(db, key)).map(runJson) : null
  })
  table(
    `${path}/history.csv`,
    ['revised_at', 'old', 'old_probability', 'new', 'new_probability', 'why'],
    NO_PARAMETERS,
    async (view, _query, c) => {
      const key = keyOf(view, c)
      return (await readFlake(db, key)) ? (await readRevisions(db, key)).map((row) => ({ ...row })) : null
    },
  )
}
