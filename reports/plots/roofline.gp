# SPDX-License-Identifier: MIT
# roofline.gp - above, `roof` pixels high, the roofline in its classical form (Williams, Waterman & Patterson, CACM
# 52(4), 2009): $points over operations per byte, under the rates of $levels ("name", GB/s) and $peaks ("name",
# GFLOP/s). Below, a row each of $rows (number, "name", "share in all", line type, size) with its points' shares of
# their limits. $points is row, operations per byte and GFLOP/s (NaN: it has none), share.
stats $points using 4 name 'SHARE' nooutput # before ranges are set, which it minds
if (roof > 0) {
  stats $points using 2 name 'INTENSITY' nooutput
  stats $points using 3 name 'RATE' nooutput
}
foot = 46; row = 18; top = roof + 24; x0 = 0 # from where on rows stand
if (wide) { width = 980; x0 = roof > 0 ? 540 : 0; top = 24 }
eval row_frame
left = x0 + 142; right = width - 50; height = wide ? max(bottom + foot, roof) : bottom + foot
eval canvas
set multiplot
type(i) = word($rows[i], 4) + 0
size(i) = word($rows[i], 5) + 0
rate(i) = word($levels[i], 2) + 0
peak(i) = word($peaks[i], 2) + 0

# Names of roofs at the heights y[1] to y[n], from the top, but apart and above the axis.
array y[12]
spread_names = "do for [i=2:n] { y[i] = max(y[i], y[i - 1] + 14) }; \
  do for [i=n:1:-1] { y[i] = min(y[i], bottom - 6 - 14 * (n - i)) }"

if (roof > 0) {
  names = 60 # pixels left of the slanted roofs, for their names
  lower_bottom = bottom; lower_left = left; lower_right = right; lower_top = top
  left = 62; right = (wide ? x0 - 20 : width) - 58; top = 8; bottom = (wide ? height : roof) - 46
  highest = 0; fastest = 0
  do for [i=1:|$peaks|] { highest = max(highest, peak(i)) }
  x_low = INTENSITY_min; x_high = INTENSITY_max; y_low = RATE_min; y_high = max(RATE_max, highest)
  do for [i=1:|$levels|] {
    x_low = min(x_low, highest / rate(i)); x_high = max(x_high, highest / rate(i)); fastest = max(fastest, rate(i))
  }
  x_low = x_low / 1.6; x_high = 1.6 * x_high
  do for [i=1:|$levels|] { y_low = min(y_low, x_low * rate(i)) }
  y_low = y_low / 1.4; y_high = 1.4 * y_high
  eval margins
  rise = (bottom - top) / log(y_high / y_low)
  n = |$levels|
  do for [i=1:n] { y[i] = bottom - rise * log(x_low * rate(i) / y_low) }
  eval spread_names
  do for [i=1:n] { set label word($levels[i], 1) at screen across(left + names - 4), screen up(y[i]) right }
  n = |$peaks|
  do for [i=1:n] { y[i] = bottom - rise * log(peak(i) / y_low) }
  eval spread_names
  do for [i=1:n] { set label word($peaks[i], 1) at screen across(right + 4), screen up(y[i]) }
  do for [i=1:|$levels|] { set arrow from x_low, x_low * rate(i) to highest / rate(i), highest nohead lt 10 lw 1.6 }
  do for [i=1:|$peaks|] {
    set arrow from (fastest > 0 ? peak(i) / fastest : x_low), peak(i) to x_high, peak(i) nohead lt 10 lw 1.6
  }
  # A cluster's name above its points, else below them or higher up; where it would stand on another one, none.
  n = 0; array cx[40]; array cy[40]; array cw[40]; array cn[40]
  do for [i=1:|$clusters|] {
    x = left + names + (right - left - names) * log(word($clusters[i], 2) / x_low) / log(x_high / x_low)
    half = 3.7 * strlen(word($clusters[i], 1)) + 3; x = max(min(x, right - half), left + names + half); placed = 0
    do for [shift in '-11 15 -25'] {
      h = bottom - rise * log(word($clusters[i], 3) / y_low) + shift
      free = h > top + 8 && h < bottom - 8
      do for [k=1:n] { if (abs(x - cx[k]) < half + cw[k] && abs(h - cy[k]) < 14) { free = 0 } }
      if (free && !placed) { placed = 1; n = n + 1; cx[n] = x; cy[n] = h; cw[n] = half; cn[n] = word($clusters[i], 1) }
    }
  }
  do for [i=1:n] { set label cn[i] at screen across(cx[i]), screen up(cy[i]) center front }
  set border 3
  set grid xtics ytics
  set logscale xy
  set xrange [x_low * (x_low / x_high)**(names / real(right - left - names)):x_high]
  set yrange [y_low:y_high]
  low = x_low; high = x_high; places = 6
  eval round_tics
  eval 'set xtics ('.tics.')'
  low = y_low; high = y_high
  eval round_tics
  eval 'set ytics nomirror ('.tics.')'
  set xlabel 'operations per byte' offset 0,0.4
  set ylabel 'GFLOP/s' offset 1,0
  plot for [i=1:rows] $points using ($1 == i ? $2 : NaN):3 with points lt type(i) ps size(i)
  unset label; unset arrow; unset logscale; unset ylabel
  bottom = lower_bottom; left = lower_left; right = lower_right; top = lower_top
}
eval margins
do for [i=1:rows] {
  set label '' at screen across(x0 + 9), first i point lt type(i) ps size(i)
  set label word($rows[i], 2) at screen across(x0 + 20), first i
  set label word($rows[i], 3) at screen across(width - 4), first i right
}
set label 'in all' at screen across(width - 4), screen up(top - 9) right
set xrange [0:1.06 * max(100, SHARE_max)]
set yrange [rows + 0.5:0.5]
set border 1
unset ytics
set xtics autofreq
set grid noytics xtics
set xlabel '% of its own limit' offset 0,0.4
set arrow from 100, graph 0 to 100, graph 1 nohead lt 10 lw 1.6
do for [i=1:rows] { set arrow from graph 0, first i to graph 1, first i nohead lt 1 dt 1 lw 0.5 lc rgb faint back }
plot for [i=1:rows] $points using ($1 == i ? $4 : NaN):1 with points lt type(i) ps size(i)
unset multiplot
