/** `--isolate`: a separate folder for each run, so that parallel runs cannot interfere. */
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { UserError } from '../user-error.ts'

/** `worktree`: a git worktree of HEAD; `copy`: a copy of the folder; `folder`: an empty folder. */
export const ISOLATIONS = ['worktree', 'copy', 'folder'] as const
export type Isolation = (typeof ISOLATIONS)[number]

/** Where a run takes place. */
export interface Place {
  /** The working directory. */
  cwd: string
  /** A separate folder for temporary files; null without isolation. */
  tmp: string | null
  clear(): Promise<void>
}

/** Creates the place of a run, given its number. */
export type MakePlace = (run: number) => Promise<Place>

const git = promisify(execFile)

/**
 * @param revisions for worktrees: runs take them in turn
 * @param how null: all runs share the folder
 * @param scratch an empty folder in which the places are created
 * @throws UserError for `worktree` outside a git repository with a commit
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
  // git locks the repository for worktree commands. Two at once sometimes fail, which would look like a flake.
  let previous: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = previous.then(work, work)
    previous = result.catch(() => {})
    return result
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

/** The path of a folder within its repository. @throws UserError outside a repository with a commit */
async function prefixOf(cwd: string): Promise<string> {
  try {
    await git('git', ['-C', cwd, 'rev-parse', '--verify', '--quiet', 'HEAD'])
    return (await git('git', ['-C', cwd, 'rev-parse', '--show-prefix'])).stdout.trim()
  } catch {
    throw new UserError(
      `${cwd} is not in a git repository with a commit, so --isolate worktree cannot be used. Use --isolate copy or --isolate folder.`,
    )
  }
}

/** Whether a folder is in a git repository with a commit. */
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
    // The scratch folder may be inside the copied folder.
    filter: (source) => source !== scratch,
  })
}

function remove(root: string): Promise<void> {
  return rm(root, { recursive: true, force: true, maxRetries: 3 })
}
