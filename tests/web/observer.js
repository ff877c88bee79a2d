// Runs in the page before its own script: reads the test card of 640x480 back from what the page shows.
//
// `observed.pictures` has each picture of the <video>: its counter, when it was seen, and what the browser counted itself.
'use strict';
(() => {
  const WIDTH = 640, HEIGHT = 480, CELLS = 32;
  // The two lines of text on the plate: where they begin, how many characters, and how large a dot of their letters is, which
  // are 9 dots wide and 18 high in both.
  const COUNTER_LINE = { x: 140, y: 125, characters: 8, dot: 5 };
  const CLOCK_LINE = { x: 158, y: 223, characters: 12, dot: 3 };

  const canvas = document.createElement('canvas');
  canvas.width = WIDTH; canvas.height = HEIGHT;
  const context = canvas.getContext('2d', { willReadFrequently: true });

  const luma = (data, at) => 0.3 * data[at] + 0.6 * data[at + 1] + 0.1 * data[at + 2];

  // The number in the row of squares, or null.
  const counter = () => {
    const { data } = context.getImageData(0, 460, WIDTH, 1), width = WIDTH / CELLS;
    const cells = Array.from({ length: CELLS }, (_, n) => {
      let sum = 0;
      for (let x = n * width + 5; x < n * width + 15; x++) sum += luma(data, 4 * x);
      return sum / 10;
    });
    const middle = (cells[0] + cells[1] + cells[2] + cells[3]) / 4;
    if (cells[0] < middle + 30 || cells[1] > middle - 30) return null;
    const bits = cells.map(cell => (cell > middle ? 1 : 0));
    const number = bits.slice(4, 28).reduce((number, bit) => number * 2 + bit, 0);
    const check = bits.slice(28).reduce((number, bit) => number * 2 + bit, 0);
    let digits = 0;
    for (let rest = number; rest > 0; rest >>= 4) digits ^= rest & 15;
    return digits === check && bits.slice(0, 4).join('') === '1010' ? number : null;
  };

  // The dots of each character of a line, row by row.
  const letters = line => {
    const { data } = context.getImageData(line.x, line.y, line.characters * 9 * line.dot, 18 * line.dot);
    const row = line.characters * 9 * line.dot, half = line.dot >> 1;
    return Array.from({ length: line.characters }, (_, n) => {
      let dots = '';
      for (let y = 0; y < 18; y++) {
        for (let x = 0; x < 9; x++) {
          const at = (y * line.dot + half) * row + (n * 9 + x) * line.dot + half;
          dots += luma(data, 4 * at) > 128 ? '1' : '0';
        }
      }
      return dots;
    });
  };

  window.readCard = (picture, withText) => {
    const at = Date.now();
    context.drawImage(picture, 0, 0, WIDTH, HEIGHT);
    const read = { at, counter: counter() };
    if (withText) Object.assign(read, { counterLine: letters(COUNTER_LINE), clockLine: letters(CLOCK_LINE) });
    return read;
  };

  window.observed = { pictures: [], seeks: 0 };
  document.addEventListener('DOMContentLoaded', () => {
    const video = document.getElementById('video'), { pictures } = window.observed;
    if (!video) return;
    video.addEventListener('seeking', () => { window.observed.seeks += 1; });
    const each = (_, { presentedFrames }) => {
      video.requestVideoFrameCallback(each);
      try {
        const read = window.readCard(video, pictures.length % 5 === 0);
        pictures.push({ ...read, presented: presentedFrames, dropped: video.getVideoPlaybackQuality().droppedVideoFrames });
      } catch (error) {
        pictures.push({ error: String(error) });
      }
    };
    video.requestVideoFrameCallback(each);
  });
})();
