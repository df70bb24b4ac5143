/** `--isolate`: a place of its own for each run, so that runs side by side cannot disturb one another. */
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { UserError } from '../user-error.ts'

/** `worktree`: a git working copy of HEAD; `copy`: of the folder as it is; `folder`: an empty one. */
export const ISOLATIONS = ['worktree', 'copy', 'folder'] as const
export type Isolation = (typeof ISOLATIONS)[number]

export interface Place {
  /** Where the command runs. */
  cwd: string
  /** Its own folder for temporary files; null without isolation. */
  tmp: string | null
  clear(): Promise<void>
}

/** Makes the place of a run, by its number. */
export type MakePlace = (run: number) => Promise<Place>

const git = promisify(execFile)

/**
 * @param revisions run after run takes the next of them, for a git working copy
 * @param how null: all runs share the folder
 * @param scratch an empty folder of ours, for all places
 * @throws UserError when there is no git repository to take a working copy of
 */
export async function placesFor(
  how: Isolation | null,
  cwd: string,
  scratch: string,
  revisions: readonly string[] = ['HEAD'],
): Promise<MakePlace> {
  if (how === null) return async () => ({ cwd, tmp: null, clear: async () => {} })
  if (how === 'worktree') return worktrees(cwd, scratch, revisions)
  return async (run) => {
    const { root, work, tmp } = await makeFolders(scratch, run)
    if (how === 'copy') await copyTree(cwd, work, scratch)
    return { cwd: work, tmp, clear: () => remove(root) }
  }
}

async function worktrees(cwd: string, scratch: string, revisions: readonly string[]): Promise<MakePlace> {
  const prefix = await prefixOf(cwd)
  // git takes one lock for all working copies: two at once would fail now and then, and look like a flake.
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work)
    turn = mine.catch(() => {})
    return mine
  }
  return async (run) => {
    const { root, work, tmp } = await makeFolders(scratch, run)
    const revision = revisions[(run - 1) % revisions.length] ?? 'HEAD'
    await inTurn(() => git('git', ['-C', cwd, 'worktree', 'add', '--quiet', '--detach', work, revision]))
    const clear = async () => {
      await inTurn(() =>
        git('git', ['-C', cwd, 'worktree', 'remove', '--force', '--force', work]).catch(() => {}),
      )
      await remove(root)
    }
    return { cwd: join(work, prefix), tmp, clear }
  }
}

/** Where in its repository a folder is. */
async function prefixOf(cwd: string): Promise<string> {
  try {
    await git('git', ['-C', cwd, 'rev-parse', '--verify', '--quiet', 'HEAD'])
    return (await git('git', ['-C', cwd, 'rev-parse', '--show-prefix'])).stdout.trim()
  } catch {
    throw new UserError(
      `${cwd} is in no git repository with a commit, so there is no working copy to make. Take --isolate copy or --isolate folder.`,
    )
  }
}

/** Whether a folder can be given as working copies. */
export async function isInGit(cwd: string): Promise<boolean> {
  return prefixOf(cwd).then(
    () => true,
    () => false,
  )
}

async function makeFolders(
  scratch: string,
  run: number,
): Promise<{ root: string; work: string; tmp: string }> {
  const root = join(scratch, String(run))
  const work = join(root, 'work')
  const tmp = join(root, 'tmp')
  await mkdir(work, { recursive: true })
  await mkdir(tmp)
  return { root, work, tmp }
}

function copyTree(from: string, to: string, scratch: string): Promise<void> {
  return cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    // The scratch folder may lie in what is copied.
    filter: (source) => source !== scratch,
  })
}

function remove(root: string): Promise<void> {
  return rm(root, { recursive: true, force: true, maxRetries: 3 })
}
