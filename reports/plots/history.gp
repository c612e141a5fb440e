# SPDX-License-Identifier: MIT
# history.gp - times over the first of so many results: an index of $times each of `series`, the `named` first ones in
# $keys. $commits is a result and its "commit"; $changes is between which results, and "what" changed.
set linetype 20 lc rgb named ? faint : colour(1) pt 7 dt 1
eval key_frame
left = 56; right = width - 14; top = 16 + 20 * |$changes|; bottom = 216 + 20 * |$changes|; height = bottom + foot
eval canvas
eval margins
eval put_key
stats $times using 2 name 'TIME' nooutput
low = min(0.97, TIME_min); high = max(1.03, TIME_max)
pad = (high / low)**0.05; low = low / pad; high = high * pad
places = 6
eval round_tics
set logscale y
eval 'set ytics ('.tics.')'
set yrange [low:high]
set xrange [0.7:results + 0.3]
set xlabel 'results in the order of time, by commit' offset 0,0.4
set ylabel 'time over the first' offset 1,0
do for [k=1:|$changes|] {
  x = word($changes[k], 1) + 0; y = 1.07 + 0.1 * (k - 1); share = (x - 0.7) / (results - 0.4)
  set arrow from x, graph 0 to x, graph y - 0.05 nohead lc rgb limit lw 1.2 dt 2
  # A text takes two thirds of the width at most.
  if (share < 0.34) { set label word($changes[k], 2) at x, graph y left } else {
    if (share > 0.66) { set label word($changes[k], 2) at x, graph y right } else {
      set label word($changes[k], 2) at x, graph y center
    }
  }
}
plot $commits using 1:(NaN):xtic(2), \
  for [k=1:series - named] $times index series - k using 1:2 with linespoints lt 20 lw 1.2 ps 0.3, \
  for [k=1:named] $times index max(named - k, 0) using 1:2 with linespoints lt 3 + named - k lw 1.6 ps 0.7
