# Steps of the scripts here. Each step prints its name when it begins, and the seconds of each are
# printed at the end. Before that, the function `tidy` of the script runs.

# Each crate is compiled once, so there is nothing to keep for a second time.
export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0
steps=() step= begun=0

# Begins a step, and ends the previous one.
step() {
    end_step
    step=$* begun=$SECONDS
    printf '\n== %s (%d s)\n' "$step" "$SECONDS"
}

end_step() {
    [ -z "$step" ] || steps+=("$(printf '%6d s  %s' $((SECONDS - begun)) "$step")")
    step=
}

tidy() { :; }

# Prints the seconds of each step, even if the last one has failed.
summary() {
    local status=$? end=done
    tidy
    [ $status = 0 ] || end="failed: $step"
    end_step
    printf '\n== seconds by step\n'
    printf '%s\n' "${steps[@]}"
    printf '%6d s  %s\n' "$SECONDS" "$end"
    exit $status
}
trap summary EXIT
