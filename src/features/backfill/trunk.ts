/** The commits of the default branch: their runs are evidence about the jobs. */
import { type Look, newPage, type Page, type PagePayloads } from '../../domain/backfill-page.ts'
import { lookPages } from './looks.ts'
import { listOf, nextPage, type PageResult, PER_PAGE, type ReadContext } from './page.ts'

/** The first page of the default branch's commits. */
export function firstTrunk(): Page {
  return trunkPage(1)
}

function trunkPage(page: number): Page {
  return newPage('trunk', page, { page })
}

/** Reads a page of the commits since the start of the time that is read. */
export async function readTrunk(context: ReadContext, { page }: PagePayloads['trunk']): Promise<PageResult> {
  const { owner, repo, repository, since } = context
  const { data, headers } = await context.client.get('GET /repos/{owner}/{repo}/commits', {
    owner,
    repo,
    sha: repository.default_branch,
    since,
    per_page: PER_PAGE,
    page,
  })
  const commits = listOf<{ sha: string }>(data)
  const looks = commits.map(({ sha }) => trunkLook(sha, null))
  const next = nextPage(headers, page, commits.length)
  const more = next === null ? [] : [trunkPage(next)]
  return { facts: [], next: [...lookPages(looks), ...more], found: [] }
}

/** A look at a commit of the default branch, or of a merge queue's branch. */
export function trunkLook(sha: string, queue: string | null): Look {
  return { sha, trunk: true, queue, events: [], number: null, after: null }
}
