/** People, organisations, bots and apps as GitHub's API writes them. */
import type { App, Installation } from '../state.ts'
import { nodeId, type World } from './world.ts'

/** A `simple-user`. An unknown login ending in `[bot]` is a bot, any other a deleted account's placeholder. */
export function userShape(world: World, login: string) {
  const account = world.state.accounts.get(login.toLowerCase())
  const bot = account?.type === 'Bot' || login.endsWith('[bot]')
  const id = account?.id ?? (bot ? botId(world, login) : 10137)
  const name = account?.login ?? (bot ? login : 'ghost')
  const url = `${world.api}/users/${encodeURIComponent(name)}`
  return {
    login: name,
    id,
    node_id: nodeId(bot ? 'BOT' : account?.type === 'Organization' ? 'O' : 'U', id),
    avatar_url: `${world.web}/avatars/${id}`,
    gravatar_id: '',
    url,
    html_url: bot ? `${world.web}/apps/${name.replace('[bot]', '')}` : `${world.web}/${name}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: bot ? 'Bot' : (account?.type ?? 'User'),
    site_admin: false,
    user_view_type: 'public',
  }
}

function botId(world: World, login: string): number {
  for (const app of world.state.apps.values()) if (`${app.slug}[bot]` === login) return 41_000_000 + app.id
  return 41_000_000
}

/** An app (`integration`). */
export function appShape(world: World, app: App) {
  return {
    id: app.id,
    client_id: app.clientId,
    slug: app.slug,
    node_id: nodeId('A', app.id),
    owner: userShape(world, app.owner),
    name: app.name,
    description: '',
    external_url: `${world.web}/${app.slug}`,
    html_url: `${world.web}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: app.permissions,
    events: app.events,
  }
}

/** An installation of the app. */
export function installationShape(world: World, installation: Installation) {
  const { app } = world.state
  const account = userShape(world, installation.account)
  return {
    id: installation.id,
    client_id: app.clientId,
    account,
    repository_selection: installation.repositories === 'all' ? ('all' as const) : ('selected' as const),
    access_tokens_url: `${world.api}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${world.api}/installation/repositories`,
    html_url: `${world.web}/organizations/${installation.account}/settings/installations/${installation.id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: installation.permissions,
    events: installation.events,
    created_at: installation.createdAt,
    updated_at: installation.suspendedAt ?? installation.createdAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: installation.suspendedBy ? userShape(world, installation.suspendedBy) : null,
    suspended_at: installation.suspendedAt,
  }
}
