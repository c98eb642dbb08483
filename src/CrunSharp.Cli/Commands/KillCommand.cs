using System.CommandLine;
using CrunSharp.Engine;

namespace CrunSharp.Cli.Commands;

/// <summary><c>kill</c>: a signal for the first process of containers.</summary>
internal static class KillCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Option<string> signal = new("--signal", "-s") { Description = "Signal by name or number", DefaultValueFactory = static _ => "KILL", HelpName = "SIGNAL" };
        Argument<string[]> containers = Several.Containers(globals, running: true);

        Command kill = new("kill", "Send a signal to containers") { signal, containers };
        kill.SetAction(parsed =>
        {
            int number = SignalName.Parse(parsed.GetRequiredValue(signal));
            using ContainerEngine engine = globals.OpenEngine(parsed);
            return Several.Do(parsed, containers, name => engine.Kill(name, number));
        });
        return kill;
    }
}
