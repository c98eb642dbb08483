using System.CommandLine;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary><c>completion</c>: a script that makes the shell ask crun-sharp what may follow.</summary>
internal static class CompletionCommand
{
    // All three hand the line and the cursor's place to the parser itself, by its suggest directive.
    private const string Bash =
        """
        # crun-sharp completion for bash: source <(crun-sharp completion bash)
        _crun_sharp() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(crun-sharp "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _crun_sharp crun-sharp
        """;

    private const string Zsh =
        """
        #compdef crun-sharp
        # crun-sharp completion for zsh: source <(crun-sharp completion zsh)
        _crun_sharp() {
            local -a candidates
            candidates=("${(@f)$(crun-sharp "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -a candidates
            _files
        }
        compdef _crun_sharp crun-sharp
        """;

    private const string Fish =
        """
        # crun-sharp completion for fish: crun-sharp completion fish | source
        complete -c crun-sharp -a '(crun-sharp "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
        """;

    public static Command Create(GlobalOptions globals)
    {
        Argument<string> shell = new("SHELL") { Description = "bash, zsh or fish" };
        shell.CompletionSources.Add("bash", "zsh", "fish");
        Command completion = new("completion", "Print the completion script of a shell") { shell };
        completion.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.WriteLine(parsed.GetRequiredValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                { } other => throw new CrunException($"cannot complete for '{other}'", "the shells that can are bash, zsh and fish"),
            });
            return ExitCode.Success;
        });
        return completion;
    }
}
