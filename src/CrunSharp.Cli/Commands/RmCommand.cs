using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;

namespace CrunSharp.Cli.Commands;

/// <summary><c>rm</c>: containers and what they wrote.</summary>
internal static class RmCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Option<bool> force = new("--force", "-f") { Description = "Kill containers that run; unknown ones are no failure" };
        Argument<string[]> containers = Several.Containers(globals);

        Command rm = new("rm", "Remove containers") { force, containers };
        rm.SetAction(parsed =>
        {
            using ContainerEngine engine = globals.OpenEngine(parsed);
            return Several.Do(parsed, containers, name =>
            {
                // As docker: a script that clears up with -f need not know what is there.
                if (engine.Containers.Find(name) is null && parsed.GetValue(force))
                {
                    Failure.Warn($"there is no container '{name}'");
                    return;
                }

                engine.Remove(name, parsed.GetValue(force));
            });
        });
        return rm;
    }
}
