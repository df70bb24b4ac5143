/** Finds the owners of a job: those that the settings name, or CODEOWNERS of its workflow file. */
import { CODE_OWNERS_PATHS, codeOwnersOf } from '../domain/code-owners.ts'
import { matchesGlob } from '../domain/glob.ts'
import type { Settings } from '../domain/settings.ts'
import { type Octokit, pathOf } from './client.ts'
import { readTextFile } from './files.ts'

/** Returns a function that finds a job's owners. It reads CODEOWNERS at most once, and only when the settings name nobody. */
export function ownersIn(octokit: Octokit, fullName: string, settings: Settings) {
  let file: Promise<string | null> | null = null
  return async (job: { name: string; workflow: string | null }): Promise<string[]> => {
    const entry = settings.owners.find((entry) => matchesGlob(job.name, entry.job))
    if (entry) return entry.owners
    if (job.workflow === null) return []
    file ??= readCodeOwners(octokit, fullName)
    const text = await file
    return text === null ? [] : codeOwnersOf(text, job.workflow)
  }
}

async function readCodeOwners(octokit: Octokit, fullName: string): Promise<string | null> {
  for (const path of CODE_OWNERS_PATHS) {
    const text = await readTextFile(octokit, pathOf(fullName), path)
    if (text !== null) return text
  }
  return null
}
