# SPDX-License-Identifier: MIT
# panels.gp - panels one above the other over the same x axis, `x_name`. $panels is "title", the column of $medians
# with its median, which least and most follow, and whether it begins at 0. A series each of $keys is an index of
# $medians; bars: least and most are drawn. $seeds is as $medians, thin lines behind. x_log: powers of two, each x has
# a tic. $names: what stands at 1, 2, 3 of the x axis, instead of numbers.
eval key_frame
n = |$panels|; panel = 148; height = n * panel + 2 + foot
left = 57; right = width - 13
eval canvas
set multiplot
value_text(k, x, y) = sprintf('%s, %s %s: %.4g', key_name(k), x_name, \
  |$names| > 0 ? word($names[max(1, min(|$names|, int(x)))], 1) : sprintf('%g', x), y)
known(c, instead) = valid(c) && column(c) == column(c) ? column(c) : column(instead)
stats $medians using 1 name 'X' nooutput
if (x_log) {
  set logscale x 2
  set xrange [X_min / 1.15:X_max * 1.15]
  tics = ''
  do for [line=1:|$medians|] {
    v = words($medians[line]) ? word($medians[line], 1) + 0 : 0
    clear = v > 0
    do for [t in tics] { clear = clear && abs(log(v / t)) > 0.12 * log(1.3 * X_max / X_min) }
    if (clear) { tics = tics.' '.sprintf('%.9g', v) }
  }
  list = ''
  do for [t in tics] { list = list.(list eq '' ? '' : ', ').t }
} else { if (|$names| > 0) {
  set xrange [0.6:|$names| + 0.4]
  list = '1'
} else {
  set xrange [0.8:X_max + 0.2]
  p = 10 ** int(log10(X_max)) # of many steps
  list = sprintf('%d', X_max <= 100 ? (int(X_max) + 9) / 10 : X_max < 2 * p ? p / 5 : X_max < 5 * p ? p / 2 : p)
} }
do for [p=1:n] {
  top = (p - 1) * panel + 26; bottom = p * panel - 10; c = word($panels[p], 2) + 0
  eval margins
  unset label
  set label word($panels[p], 1) at screen across(4), screen up(top - 15)
  if (p < n) { eval 'set xtics format "" '.(x_log ? '('.list.')' : list) } else {
    eval 'set xtics format "'.(|$names| > 0 ? '' : '%g').'" '.(x_log ? '('.list.')' : list)
    do for [i=1:|$names|] { set label word($names[i], 1) at first i, screen up(bottom + 13) center }
    set xlabel x_name offset 0,(|$names| > 0 ? -0.4 : 0.4)
    eval put_key
  }
  set yrange [*:*] # stats minds it
  stats $medians using (known(c + 1, c)) name 'LEAST' nooutput
  stats $medians using (known(c + 2, c)) name 'MOST' nooutput
  low = word($panels[p], 3) + 0 ? 0 : LEAST_min; high = MOST_max
  even = !(low > 0 && high > 30 * low); places = 5
  if (even) {
    unset logscale y
    edge = 0.07 * (high > low ? high - low : high > 0 ? high : 1)
    low = low < 0 ? low - edge : max(low - edge, 0); high = high + edge
  } else { set logscale y; low = low / 1.2; high = high * 1.2 }
  set yrange [low:high]
  eval round_tics
  eval 'set ytics ('.tics.')'
  plot for [k=1:|$keys|] $seeds index k - 1 using 1:c with lines lt key_type(k) dt key_dash(k) lw 0.6, \
    for [k=1:|$keys|] $medians index k - 1 \
      using 1:(bars ? column(c + 1) : NaN):(0):(column(c + 2) - column(c + 1)) \
      with vectors nohead lt key_type(k) dt 1 lw 1.6, \
    for [k=1:|$keys|] $medians index k - 1 using 1:c with lines lt key_type(k) dt key_dash(k) lw 2, \
    for [k=1:|$keys|] $medians index k - 1 every X_records / |$keys| / 12 + 1 \
      using 1:c:(value_text(k, column(1), column(c))) with labels hypertext point lt key_type(k) ps 0.6
}
unset multiplot
