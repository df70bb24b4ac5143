/** The grid: one row per job, one column per commit of a pull request, newest first. Each cell has a letter, not only a colour. */

import type { Row } from '../../db/schema.ts'
import { count } from '../../texts/figures.ts'
import { readInstant } from '../dates.ts'
import type { DashboardDeps } from '../deps.ts'
import { csvLink, type Html, html, repositoryPath, shortJobLink } from '../html.ts'
import { matchTexts } from '../pattern.ts'
import {
  type GridCell,
  type GridHead,
  readGridCells,
  readGridHeads,
  readGridIncidents,
} from '../queries/grid.ts'
import type { RepositoryView } from '../view.ts'

const WIDTHS = [20, 40, 80] as const
const MAX_ROWS = 50

export type Mark = 'P' | 'F' | 'X' | 'A' | 'I'

const MARKS: Record<Mark, string> = {
  P: 'passed',
  F: 'failed',
  X: 'flaked: failed and passed',
  A: 'no result: aborted, skipped or infrastructure failure',
  I: 'flaked in an incident',
}

export interface GridQuery {
  job: string
  sort: 'flakiness' | 'name'
  width: number
  page: number
  /** Only runs completed before this instant (epoch ms). */
  before: number | null
}

export interface GridRow {
  job: Row<'job'>
  cells: Map<string, { mark: Mark; url: string | null }>
  flaky: number
}

export interface Grid {
  heads: GridHead[]
  rows: GridRow[]
  /** Rows before paging. */
  total: number
  problem: string | null
}

/** Reads the filters from an address. Invalid values fall back to the default. */
export function gridQuery(params: URLSearchParams): GridQuery {
  const width = Number(params.get('width'))
  const page = Number(params.get('page'))
  return {
    job: params.get('job') ?? '',
    sort: params.get('sort') === 'name' ? 'name' : 'flakiness',
    width: WIDTHS.find((allowed) => allowed === width) ?? WIDTHS[0],
    page: Number.isInteger(page) && page > 0 && page < 1000 ? page : 1,
    before: readInstant(params.get('before')),
  }
}

/** Reads what each required job did at each of the newest commits. */
export async function readGrid(
  { db }: Pick<DashboardDeps, 'db'>,
  { repository, jobs, scope, now }: RepositoryView,
  query: GridQuery,
): Promise<Grid> {
  const id = repository.repository_id
  const heads = await readGridHeads(db, id, { before: query.before ?? now + 1, limit: query.width })
  const cells = await readGridCells(db, id, heads)
  const incidents = await readGridIncidents(db, id, heads)
  const counts = new Set(scope.jobIds ?? jobs.map((job) => job.job_id))
  const byJob = Map.groupBy(cells, (cell) => cell.job_id)
  const shown = jobs.filter((job) => counts.has(job.job_id) && byJob.has(job.job_id))
  const found = matchTexts(
    query.job,
    shown.map((job) => job.name),
  )
  const problem = 'problem' in found ? found.problem : null
  const matching = 'problem' in found ? shown : shown.filter((job) => found.matching.has(job.name))
  const rows = matching.map((job) => rowOf(job, byJob.get(job.job_id) ?? [], incidents))
  if (query.sort === 'flakiness')
    rows.sort((a, b) => b.flaky - a.flaky || a.job.name.localeCompare(b.job.name))
  const first = (query.page - 1) * MAX_ROWS
  return {
    heads,
    rows: rows.slice(first, first + MAX_ROWS),
    total: rows.length,
    problem,
  }
}

function rowOf(job: Row<'job'>, cells: readonly GridCell[], incidents: ReadonlySet<string>): GridRow {
  const marked = new Map(
    cells.map((cell) => [
      `${cell.head_sha}/${cell.number}`,
      { mark: markOf(cell, incidents.has(`${cell.head_sha}/${cell.job_id}`)), url: cell.url },
    ]),
  )
  const flaky = [...marked.values()].filter(({ mark }) => mark === 'X' || mark === 'I').length
  return { job, cells: marked, flaky }
}

function markOf({ passes, fails }: GridCell, isIncident: boolean): Mark {
  if (passes > 0 && fails > 0) return isIncident ? 'I' : 'X'
  if (fails > 0) return 'F'
  return passes > 0 ? 'P' : 'A'
}

/** The body of `/{owner}/{repo}/grid`. */
export function gridPage({ repository }: RepositoryView, query: GridQuery, grid: Grid): Html {
  const { full_name } = repository
  return html`<h2>Grid</h2>${form(query)}
${grid.problem ? html`<p class="note" role="alert">${grid.problem} All jobs are shown.</p>` : ''}
<p class="key">${(Object.keys(MARKS) as Mark[]).map((mark) => html`<span><span class="cell c-${mark}">${mark}</span>${MARKS[mark]}</span>`)}</p>
${grid.rows.length === 0 ? html`<p>No required job with results at the newest commits matches.</p>` : gridTable(full_name, grid)}
${pages(full_name, query, grid)}`
}

function form(query: GridQuery): Html {
  const option = (value: string | number, words: string, isChosen: boolean) =>
    html`<option value="${value}"${isChosen ? html` selected` : ''}>${words}</option>`
  return html`<form class="filter" method="get">
<label>Job filter (regular expression)<input name="job" value="${query.job}" maxlength="200" autocomplete="off" spellcheck="false"></label>
<label>Sort by<select name="sort">${option('flakiness', 'flakiness', query.sort === 'flakiness')}${option('name', 'name', query.sort === 'name')}</select></label>
<label>Commits<select name="width">${WIDTHS.map((width) => option(width, String(width), width === query.width))}</select></label>
<button>Show</button></form>`
}

function gridTable(fullName: string, { heads, rows }: Grid): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Grid"><table class="grid-table">
<caption>Newest commit on the left. Each cell links to the flake or to the run.</caption>
<thead><tr><th scope="col">Job</th>${heads.map((head) => html`<th scope="col"><a href="${repositoryPath(fullName, `/pull/${head.number}`)}" title="${head.last_at.slice(0, 16).replace('T', ' ')} UTC, ${head.head_sha.slice(0, 10)}">#${head.number}</a></th>`)}</tr></thead>
<tbody>${rows.map(
    ({ job, cells }) =>
      html`<tr><th scope="row">${shortJobLink(fullName, job.job_id, job.name)}</th>${heads.map((head) => cellOf(fullName, head, job.job_id, cells.get(`${head.head_sha}/${head.number}`)))}</tr>\n`,
  )}</tbody></table></div>`
}

function cellOf(
  fullName: string,
  head: GridHead,
  jobId: number,
  cell: { mark: Mark; url: string | null } | undefined,
): Html {
  if (!cell) return html`<td></td>`
  const { mark, url } = cell
  if (mark === 'X' || mark === 'I')
    return html`<td><a class="c-${mark}" href="${repositoryPath(fullName, `/flakes/${head.head_sha}/${jobId}`)}">${mark}</a></td>`
  if (url && /^https?:\/\/\S+$/i.test(url))
    return html`<td><a class="c-${mark}" rel="noopener noreferrer nofollow" href="${url}">${mark}</a></td>`
  return html`<td><span class="c-${mark}">${mark}</span></td>`
}

function pages(fullName: string, query: GridQuery, { total, heads }: Grid): Html {
  const address = (change: Record<string, string>) => {
    const params = new URLSearchParams({
      job: query.job,
      sort: query.sort,
      width: String(query.width),
      ...change,
    })
    return `${repositoryPath(fullName, '/grid')}?${params}`
  }
  const last = heads.at(-1)
  const isMore = query.page * MAX_ROWS < total
  return html`<p>${count(total, 'job')}. ${query.page > 1 ? html`<a href="${address({ page: String(query.page - 1) })}">Previous jobs</a> ` : ''}${isMore ? html`<a href="${address({ page: String(query.page + 1) })}">More jobs</a> ` : ''}${last && heads.length === query.width ? html`<a href="${address({ before: last.last_at })}">Older commits</a> ` : ''}${csvLink(
    address({ page: String(query.page) })
      .replace(/^/, '/api/v1/repositories')
      .replace('/grid?', '/grid.csv?'),
    'Grid',
  )}</p>`
}
