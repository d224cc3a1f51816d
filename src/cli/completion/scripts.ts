// What a shell sources. They hand the line to the program as it was typed, and never run anything of it; all that can be
// thought about is thought about in TypeScript.

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The program of the project that one is in, found as npx finds it but without npx's own start. */
const find = `  local folder=$PWD
  while [ -n "$folder" ] && [ ! -x "$folder/node_modules/.bin/spikeline" ]; do folder=\${folder%/*}; done
  if [ -n "$folder" ]; then "$folder/node_modules/.bin/spikeline" "$@"
  elif command -v spikeline > /dev/null; then command spikeline "$@"
  else npx --no -- spikeline "$@"; fi 2> /dev/null`;

const bash = `# bash completion of spikeline and npx spikeline, for ~/.bashrc to source
__spikeline() {
${find}
}
_spikeline() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
    __spikeline completion bash --line "\${COMP_LINE:0:COMP_POINT}" --breaks "$COMP_WORDBREAKS"
  )
  case "\${COMPREPLY[*]}" in *[=@,/]) compopt -o nospace 2> /dev/null ;; esac
}
_spikeline_npx() { case "\${COMP_WORDS[*]}" in *' spikeline'*) _spikeline ;; esac; }
complete -F _spikeline spikeline
complete -p npx > /dev/null 2>&1 || complete -o default -F _spikeline_npx npx
`;

const zsh = `#compdef spikeline
# zsh completion of spikeline and npx spikeline, for ~/.zshrc to source below compinit
__spikeline() {
${find}
}
_spikeline() {
  local -a found shown more
  local line value tab=$'\\t' list=
  while IFS= read -r line; do
    value=\${line%%$tab*}
    case $value in
      *[=@,/]) more+=("$value") ;;
      *) found+=("$value") shown+=("\${line/$tab/  -- }") ;;
    esac
    [ "$line" = "$value" ] || list=-l
  done < <(__spikeline completion zsh --line "\${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX")
  [ \${#found} -gt 0 ] && compadd $list -d shown -- $found
  [ \${#more} -gt 0 ] && compadd -S '' -- $more
}
_spikeline_npx() { if [[ \${words[(I)spikeline]} -gt 0 ]]; then _spikeline; else _files; fi; }
compdef _spikeline spikeline
[ -n "\${_comps[npx]}" ] || compdef _spikeline_npx npx
# As a file of fpath, it is read when something is completed for the first time.
[ "\${funcstack[1]}" != _spikeline ] || _spikeline
`;

const fish = `# fish completion of spikeline and npx spikeline, for a file of ~/.config/fish/conf.d: completions/ is read for spikeline alone
function __spikeline
    set -l folder $PWD
    while test -n "$folder"; and not test -x $folder/node_modules/.bin/spikeline
        set folder (string replace -r '/[^/]*$' '' -- $folder)
    end
    if test -n "$folder"
        $folder/node_modules/.bin/spikeline $argv 2> /dev/null
    else if type -q -f spikeline
        command spikeline $argv 2> /dev/null
    else
        npx --no -- spikeline $argv 2> /dev/null
    end
end
complete -c spikeline -f -a '(__spikeline completion fish --line (commandline -cp | string collect))'
complete -c npx -n '__fish_seen_subcommand_from spikeline' -f -a '(__spikeline completion fish --line (commandline -cp | string collect))'
`;

export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
