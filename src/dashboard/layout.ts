/** The frame around every page: what the document says about itself, the way around, and how fresh the figures are. */
import { DEFINITION_VERSION } from '../domain/sla.ts'
import { ICON_ASSET, SCRIPT_ASSET, STYLE_ASSET } from './assets/assets.ts'
import { type Html, html, instant, name, repositoryPath } from './html.ts'

export interface Page {
  title: string
  body: Html
  /** The repository the page is about, and which of its tabs is open. */
  repository?: { fullName: string; tab: Tab | null; githubUrl: string }
  /** Who reads it, where people can sign in; their login, or null before they did. */
  viewer?: { login: string | null; path: string } | undefined
  /** When what the page shows was last measured; null while nothing was. */
  measuredAt?: string | null
  /** Whether it shows something that moves by the second, and brings itself up to date. */
  isMoving?: boolean
}

const MOVING_S = 5

export type Tab = 'overview' | 'grid' | 'months' | 'incidents' | 'accuracy'

const TABS: { tab: Tab; path: string; words: string }[] = [
  { tab: 'overview', path: '', words: 'Overview' },
  { tab: 'grid', path: '/grid', words: 'Grid' },
  { tab: 'months', path: '/months', words: 'Months' },
  { tab: 'incidents', path: '/incidents', words: 'Incidents' },
  { tab: 'accuracy', path: '/accuracy', words: 'Accuracy' },
]

/** A whole document. */
export function layout(page: Page): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title} · flake-sla</title>
<link rel="stylesheet" href="${STYLE_ASSET.path}">
<link rel="icon" href="${ICON_ASSET.path}" type="image/svg+xml">
${
  page.isMoving
    ? html`<noscript><meta http-equiv="refresh" content="${MOVING_S * 3}"></noscript>
`
    : ''
}<script src="${SCRIPT_ASSET.path}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<div class="bar"><header class="site"><strong><a href="/">flake-sla</a></strong>
<nav aria-label="Site"><ul><li><a href="/">Repositories</a></li><li><a href="/status">Status</a></li><li><a href="/help">Help</a></li></ul></nav>${page.viewer ? account(page.viewer) : ''}</header></div>
<main id="main"${page.isMoving ? html` data-refresh="${MOVING_S}"` : ''}>
${page.repository ? heading(page.repository) : ''}
${page.body}
</main>
<footer class="site">${freshness(page.measuredAt)} Definitions version ${DEFINITION_VERSION}. All times in UTC; days and weeks by each repository's own time zone.</footer>
</body>
</html>`
}

function account({ login, path }: NonNullable<Page['viewer']>): Html {
  if (login === null)
    return html`<a class="account" href="/auth/sign-in?to=${encodeURIComponent(path)}">Sign in</a>`
  return html`<form class="account" method="post" action="/auth/sign-out">${name(login)} <button>Sign out</button></form>`
}

function heading({ fullName, tab, githubUrl }: NonNullable<Page['repository']>): Html {
  return html`<h1>${name(fullName)} </h1><p class="muted"><small><a href="${githubUrl}${repositoryPath(fullName)}">${githubUrl.replace(/^https?:\/\//, '')}${repositoryPath(fullName)}</a></small></p>
<nav class="tabs" aria-label="${fullName}"><ul>${TABS.map(
    (one) =>
      html`<li><a href="${repositoryPath(fullName, one.path)}"${one.tab === tab ? html` aria-current="page"` : ''}>${one.words}</a></li>`,
  )}</ul></nav>`
}

function freshness(measuredAt: string | null | undefined): Html | string {
  if (measuredAt === undefined) return ''
  if (measuredAt === null) return 'Nothing was measured yet.'
  return html`Figures last changed ${instant(measuredAt)}.`
}
