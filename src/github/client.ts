/** What this app asks of GitHub, as narrow types: an Octokit of an installation, and who we are there. */
import type { ProbotOctokit } from 'probot'

export type Octokit = InstanceType<typeof ProbotOctokit>

/** Reaches GitHub as one installation of the app. */
export interface GitHub {
  octokitOf(installationId: number): Promise<Octokit>
  /** Signed in as the app itself: its installations and deliveries, nothing of a repository. */
  appOctokit(): Promise<Octokit>
  /** The login that our comments carry: `<slug>[bot]`. */
  botLogin(): Promise<string>
}

/** A repository's owner and name, as REST paths take them. */
export interface RepositoryPath {
  owner: string
  repo: string
}

/** Splits `owner/name`. */
export function pathOf(fullName: string): RepositoryPath {
  const [owner = '', repo = ''] = fullName.split('/')
  return { owner, repo }
}
