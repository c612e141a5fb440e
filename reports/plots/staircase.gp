# SPDX-License-Identifier: MIT
# staircase.gp - bandwidth by working set: $steps is bytes and the rate of each way in $keys; $levels is "name" and
# bytes.
label(b) = bytes(b)
eval key_frame
left = 62; right = width - 30; top = 22; height = 272 + foot - 46; bottom = height - foot
eval canvas
eval margins
eval put_key
stats $steps using 1 name 'SIZE' nooutput
low = SIZE_min; high = 1.2 * SIZE_max
set logscale x 2
set xrange [low:high]
# 4 KiB, 32 KiB, ...: as few as fit.
factor = 8.0; tics = ''
do for [i=1:10] { factor = log(high / low) / log(factor) > 6 ? 2 * factor : factor }
do for [i=0:int(log(high / low) / log(factor))] { v = low * factor**i; eval put_tic }
eval 'set xtics ('.tics.')'
# The levels' names stand above their lines, but apart.
last = 0
do for [i=1:|$levels|] {
  size = word($levels[i], 2) + 0
  set arrow from size, graph 0 to size, graph 1 nohead lt 9 lw 1.2
  x = max(left + (right - left) * log(size / low) / log(high / low), last + 22); last = x
  set label word($levels[i], 1) at screen across(x), screen up(top - 9) center
}
set yrange [0:*]
set ylabel 'GB/s' offset 1,0
set xlabel 'working set of each thread' offset 0,0.4
plot for [k=1:|$keys|] $steps using 1:(column(k + 1)) with linespoints lt key_type(k) dt 1 lw 1.6 ps 0.5
