using System.CommandLine;
using CrunSharp.Engine;

namespace CrunSharp.Cli.Commands;

/// <summary><c>stop</c>: a polite signal, and SIGKILL when it was not heard.</summary>
internal static class StopCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Option<int> grace = new("--time", "-t") { Description = "Seconds between the stop signal and SIGKILL", DefaultValueFactory = static _ => 10, HelpName = "SECONDS" };
        Argument<string[]> containers = Several.Containers(globals, running: true);

        Command stop = new("stop", "Stop running containers") { grace, containers };
        stop.SetAction(parsed =>
        {
            using ContainerEngine engine = globals.OpenEngine(parsed);
            return Several.Do(parsed, containers, name => engine.Stop(name, TimeSpan.FromSeconds(parsed.GetValue(grace))));
        });
        return stop;
    }
}
