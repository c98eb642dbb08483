using System.CommandLine;
using CrunSharp.Engine;

namespace CrunSharp.Cli.Commands;

/// <summary><c>exec</c>: a further program in a running container.</summary>
internal static class ExecCommandLine
{
    public static Command Create(GlobalOptions globals)
    {
        Option<bool> interactive = new("--interactive", "-i") { Description = "Hand this terminal's or pipe's input on" };
        Option<bool> terminal = new("--tty", "-t") { Description = "Give the program a terminal" };
        Option<string[]> environment = new("--env", "-e") { Description = "Set a variable; a bare NAME takes the value it has here", HelpName = "NAME=VALUE" };
        Option<string[]> files = new("--env-file") { Description = "Set the variables that a file lists", HelpName = "FILE" };
        Option<string?> directory = new("--workdir", "-w") { Description = "Directory that the program starts in", HelpName = "DIR" };
        Option<string?> user = new("--user", "-u") { Description = "User, and perhaps group, by name or number", HelpName = "USER[:GROUP]" };
        Option<bool> privileged = new("--privileged") { Description = "Give the program every capability" };
        Argument<string> container = new("CONTAINER") { Description = "Name, id, or the first characters of an id" };
        container.CompletionSources.Add(context => Candidates.Containers(globals, context, running: true));
        Argument<string[]> command = new("COMMAND") { Description = "Program and arguments", Arity = ArgumentArity.OneOrMore };

        Command exec = new("exec", "Run a further program in a running container")
        {
            interactive, terminal, environment, files, directory, user, privileged, container, command,
        };
        exec.SetAction(parsed =>
        {
            using ContainerEngine engine = globals.OpenEngine(parsed);
            engine.Exec(new ExecCommand
            {
                Container = parsed.GetRequiredValue(container),
                Command = parsed.GetRequiredValue(command),
                Interactive = parsed.GetValue(interactive),
                Terminal = parsed.GetValue(terminal),
                Environment =
                [
                    .. (parsed.GetValue(files) ?? []).SelectMany(OptionText.ReadEnvironmentFile),
                    .. parsed.GetValue(environment) ?? [],
                ],
                WorkingDirectory = parsed.GetValue(directory),
                User = parsed.GetValue(user),
                Privileged = parsed.GetValue(privileged),
            });
            return ExitCode.Ours;
        });
        return exec;
    }
}
