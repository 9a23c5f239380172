/** How much of a whole is used: a bar with a sentence, and patterns besides colours. Its table is the page's own. */
import { useId } from 'preact/hooks';

/** A part of the bar, in won; `used` of it is filled. */
export type Segment = { size: number; used: number };

const WIDTH = 1000;
const HEIGHT = 28;
const GAP = 6;

export function UsageBar(props: { title: string; segments: Segment[] }) {
  const name = useId();
  const whole = props.segments.reduce((sum, segment) => sum + segment.size, 0);
  if (whole <= 0) return null;
  let start = 0;
  return (
    <svg class="usage-bar" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-labelledby={name}>
      <title id={name}>{props.title}</title>
      {props.segments.map((segment, number) => {
        const width = (segment.size / whole) * WIDTH;
        const inner = Math.max(width - (number < props.segments.length - 1 ? GAP : 0), 1);
        const filled = inner * Math.min(Math.max(segment.used / segment.size, 0), 1);
        const x = start;
        start += width;
        return (
          <g key={number}>
            <rect class="usage-whole" x={x} y="0" width={inner} height={HEIGHT} rx="8" />
            {filled > 0 && <rect class={`usage-used usage-used-${number % 3}`} x={x} y="0" width={Math.max(filled, 8)} height={HEIGHT} rx="8" />}
          </g>
        );
      })}
    </svg>
  );
}
