# Steps of a script here: each says when it begins, and in the end what each took is told. What a
# script defines as `tidy` is done before that.

export CARGO_TERM_COLOR=never
steps=() step= begun=0

# Begins a step, and so ends the one before.
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

# Tells what each step took, also if the last one has failed.
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
