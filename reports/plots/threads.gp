# SPDX-License-Identifier: MIT
# threads.gp - curves over numbers of threads, both axes logarithmic: $curves is threads, the ideal, a band and the
# curves.
eval key_frame
left = 54; right = width - 14; top = 10; bottom = 226; height = bottom + foot
eval canvas
eval margins
eval put_key
set logscale xy 2
stats $curves using 1 name 'THREADS' nooutput
low = 1e99; high = 0
do for [c=2:|$keys| + 3] {
  stats $curves using c name 'Y' nooutput
  low = min(low, Y_min); high = max(high, Y_max)
}
set xrange [THREADS_min:1.03 * THREADS_max]
set yrange [low / 1.15:1.15 * high]
set ytics format '%g'
# Numbers that are nearer than a tenth of the axis have no room.
tics = ''; last = 0
do for [i=1:|$curves|] {
  n = word($curves[i], 1) + 0
  if (last == 0 || log(1.0 * n / last) > 0.1 * log(THREADS_max / THREADS_min)) {
    tics = tics.(last ? ', ' : '').sprintf('%g', n); last = n
  }
}
eval 'set xtics ('.tics.')'
set xlabel 'threads' offset 0,0.4
set ylabel axis offset 1,0
plot $curves using 1:3:4 with filledcurves lc rgb faint, $curves using 1:2 with lines lt 10 lw 1.6, \
  for [k=1:|$keys| - 1] $curves using 1:(column(k + 4)) with linespoints lt key_type(k) lw 1.6 ps 0.75
