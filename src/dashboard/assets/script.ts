/** The optional script: it sorts tables, shows local times and refreshes the page. Every page works without it. */
export const SCRIPT = /* js */ `'use strict'
const REFRESH_MS = 60000

function keyOf(cell) {
  const time = cell.querySelector('time')
  if (time) return time.dateTime
  const text = cell.textContent.trim()
  const number = parseFloat(text.replace(/[,#✓✗–]/g, ''))
  return Number.isNaN(number) ? text.toLowerCase() : number
}

function compare(a, b) {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0
  return typeof a === 'number' ? -1 : 1
}

function sortBy(table, column, header) {
  const isDown = header.getAttribute('aria-sort') !== 'descending'
  for (const other of header.parentNode.children) other.removeAttribute('aria-sort')
  header.setAttribute('aria-sort', isDown ? 'descending' : 'ascending')
  const rows = [...table.tBodies[0].rows].map((row) => ({ row, key: keyOf(row.cells[column]) }))
  rows.sort((a, b) => (isDown ? compare(b.key, a.key) : compare(a.key, b.key)))
  table.tBodies[0].append(...rows.map(({ row }) => row))
}

function enhance(root) {
  for (const table of root.querySelectorAll('table.cards')) {
    if (table.tBodies[0].rows.length < 3) continue
    ;[...table.tHead.rows[0].cells].forEach((header, column) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.className = 'sort'
      button.append(...header.childNodes)
      button.addEventListener('click', () => sortBy(table, column, header))
      header.append(button)
    })
  }
  for (const time of root.querySelectorAll('time[datetime*="T"]'))
    time.title = new Date(time.dateTime).toLocaleString() + ' (your time)'
}

function isIdle() {
  const idle = document.activeElement === document.body || document.activeElement === null
  return idle && !document.hidden && String(getSelection()) === '' && !document.querySelector('details[open], [aria-sort]')
}

async function refresh() {
  if (!isIdle()) return
  const response = await fetch(location.href, { headers: { accept: 'text/html' } })
  if (!response.ok || !isIdle()) return
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  for (const part of ['main', 'footer']) {
    const [now, next] = [document.querySelector(part), page.querySelector(part)]
    if (now && next) {
      enhance(next)
      now.replaceWith(document.adoptNode(next))
    }
  }
}

enhance(document)
const again = () => Number(document.querySelector('main').dataset.refresh) * 1000 || REFRESH_MS
const wait = () => setTimeout(() => refresh().catch(() => {}).finally(wait), again())
if (!document.querySelector('main form')) wait()
`
