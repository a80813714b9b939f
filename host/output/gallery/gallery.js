'use strict';

// The page's data: {entries: [{file, picture, outcome, message, prompt, width, height,
// facts: [[name, value]]}], total, version}. Every text in it is hostile: it reaches the page as text nodes only.
const data = JSON.parse(document.getElementById('data').textContent);
const entries = data.entries;
const windowSize = 96;  // cards that are added at a time
const small = 256;      // pictures of fewer pixels a side are enlarged without blur

const element = (id) => document.getElementById(id);
const grid = element('grid');
const detail = element('detail');

let outcome = '';    // the one that is filtered for; empty: all
let matching = [];   // indices into entries
let shownCards = 0;  // the first of matching that have cards
let current = 0;     // position in matching that the detail view shows

for (const entry of entries) {
  const facts = entry.facts.map(([, value]) => value);
  entry.searchable = [entry.prompt, entry.message, ...facts].join('\n').toLowerCase();
}

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function counted(count, noun) {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

function describe(entry) {
  return entry.prompt || '(empty prompt)';
}

function outcomeText(entry) {
  return entry.outcome.replaceAll('_', ' ');
}

function image(entry) {
  const picture = make('img');
  picture.src = entry.picture || entry.file.split('/').map(encodeURIComponent).join('/');
  picture.alt = describe(entry);
  picture.decoding = 'async';
  if (entry.width > 0) picture.width = entry.width;
  if (entry.height > 0) picture.height = entry.height;
  picture.onerror = () => {
    picture.replaceWith(make('span', 'missing', `Cannot show ${entry.file}`));
  };
  return picture;
}

function card(position) {
  const entry = entries[matching[position]];
  const item = make('li');
  const button = make('button', entry.file ? 'card' : 'card failure');
  button.type = 'button';
  const picture = make('span', 'picture');
  if (entry.file) {
    const thumbnail = image(entry);
    thumbnail.loading = 'lazy';
    picture.append(thumbnail);
  } else {
    const why = make('span', 'why', entry.message || 'No reason was given.');
    why.dir = 'auto';
    picture.append(make('span', 'outcome', outcomeText(entry)), why);
  }
  const caption = make('span', 'caption', describe(entry));
  caption.dir = 'auto';
  button.append(picture, caption);
  button.onclick = () => open(position);
  item.append(button);
  return item;
}

function addCards(least = windowSize) {
  const end = Math.min(matching.length, shownCards + Math.max(least, windowSize));
  const cards = document.createDocumentFragment();
  for (; shownCards < end; ++shownCards) cards.append(card(shownCards));
  grid.append(cards);
  element('more').hidden = shownCards === matching.length;
}

function filter() {
  const words = element('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  matching = [];
  entries.forEach((entry, index) => {
    if (outcome && entry.outcome !== outcome) return;
    if (words.every((word) => entry.searchable.includes(word))) matching.push(index);
  });
  grid.replaceChildren();
  shownCards = 0;
  addCards();
  element('nothing').hidden = matching.length > 0;
  element('shown').textContent = matching.length === entries.length
    ? '' : `${matching.length.toLocaleString('en')} of ${counted(entries.length, 'sample')} shown`;
}

function chooseOutcome(name) {
  outcome = name;
  for (const button of element('outcomes').children) {
    button.setAttribute('aria-pressed', String(button.dataset.outcome === name));
  }
  filter();
}

function outcomeButton(name, label, count) {
  const button = make('button', '', label);
  button.type = 'button';
  button.dataset.outcome = name;
  button.append(make('span', '', count.toLocaleString('en')));
  button.onclick = () => chooseOutcome(name);
  return button;
}

function addOutcomeButtons() {
  const counts = new Map();
  for (const entry of entries) counts.set(entry.outcome, (counts.get(entry.outcome) ?? 0) + 1);
  element('outcomes').append(outcomeButton('', 'All', entries.length));
  for (const [name, count] of counts) {
    element('outcomes').append(outcomeButton(name, name.replaceAll('_', ' '), count));
  }
  element('outcomes').hidden = counts.size < 2;
  const pictures = counts.get('ok') ?? 0;
  const failures = entries.length - pictures;
  const parts = [counted(pictures, 'picture')];
  if (failures > 0) parts.push(`${failures.toLocaleString('en')} not drawn`);
  if (data.total > entries.length) {
    parts.push(`the first ${entries.length.toLocaleString('en')} of ${counted(data.total, 'sample')}`);
  }
  element('summary').textContent = [...parts, data.version].join(' · ');
}

function showPicture(entry) {
  const stage = element('stage');
  stage.className = entry.file ? '' : 'failure';
  if (!entry.file) {
    stage.replaceChildren(make('span', 'outcome', outcomeText(entry)));
    return;
  }
  const picture = image(entry);
  picture.onload = () => {
    picture.classList.toggle('small', Math.max(picture.naturalWidth, picture.naturalHeight) < small);
  };
  stage.replaceChildren(picture);
}

function show(position) {
  current = position;
  const entry = entries[matching[position]];
  showPicture(entry);
  element('prompt').textContent = describe(entry);
  element('message').textContent = entry.message;
  element('message').hidden = !entry.message;
  element('copy').textContent = 'Copy the prompt';
  const settings = document.createDocumentFragment();
  for (const [name, value] of entry.facts) {
    const isCode = name === 'sha256' || name === 'file';
    const shown = make('dd', isCode ? 'code' : '', value);
    shown.dir = 'auto';
    settings.append(make('dt', '', name), shown);
  }
  element('settings').replaceChildren(settings);
  element('facts').scrollTop = 0;
  element('position').textContent =
    `${(position + 1).toLocaleString('en')} of ${matching.length.toLocaleString('en')}`;
  // Not `disabled`: a focused button that is disabled swallows the arrow keys.
  element('previous').setAttribute('aria-disabled', String(position === 0));
  element('next').setAttribute('aria-disabled', String(position + 1 === matching.length));
}

function open(position) {
  show(position);
  detail.showModal();
  detail.focus();  // not a button: the arrow keys work at once and no button looks chosen
}

function step(by) {
  const position = current + by;
  if (position >= 0 && position < matching.length) show(position);
}

detail.addEventListener('keydown', (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
  event.preventDefault();
  step(event.key === 'ArrowLeft' ? -1 : 1);
});
// A click on the backdrop is one on the dialog itself.
detail.addEventListener('click', (event) => {
  if (event.target === detail) detail.close();
});
// The focus goes to the card of the picture that was seen last.
detail.addEventListener('close', () => {
  if (current >= shownCards) addCards(current + 1 - shownCards);
  grid.children[current]?.firstChild.focus();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || detail.open || event.target === element('search')) return;
  event.preventDefault();
  element('search').focus();
});

element('previous').onclick = () => step(-1);
element('next').onclick = () => step(1);
element('close').onclick = () => detail.close();
element('more').onclick = () => addCards();
element('clear').onclick = () => {
  element('search').value = '';
  chooseOutcome('');
  element('search').focus();
};
element('search').oninput = filter;
element('copy').hidden = !navigator.clipboard;
element('copy').onclick = async () => {
  await navigator.clipboard.writeText(entries[matching[current]].prompt);
  element('copy').textContent = 'Copied';
};

new IntersectionObserver((seen) => {
  if (seen[0].isIntersecting && shownCards < matching.length) addCards();
}, {rootMargin: '800px'}).observe(element('more'));

addOutcomeButtons();
chooseOutcome('');
