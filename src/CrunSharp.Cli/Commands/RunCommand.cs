using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Cli.Parsing;
using CrunSharp.Engine;
using CrunSharp.Networks;
using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Cli.Commands;

/// <summary><c>run</c>: a container from an image, in the foreground.</summary>
internal static class RunCommand
{
    public static Command Create(GlobalOptions globals)
    {
        RunOptionSet options = new();
        Option<string?> name = new("--name") { Description = "Name of the container", HelpName = "NAME" };
        Option<bool> remove = new("--rm") { Description = "Remove the container when its program ends" };
        Option<string> pull = Choice("--pull", "When to ask the registry: missing, always or never", "missing", "missing", "always", "never");
        Option<string?> platform = new("--platform") { Description = "Platform of the image, as linux/arm64", HelpName = "OS/ARCH" };
        Option<string> network = new("--network", "--net")
        {
            Description = "none, host or private (the default: a way out, no way in)",
            DefaultValueFactory = static _ => "private",
            HelpName = "MODE",
        };
        Option<bool> quiet = new("--quiet", "-q") { Description = "No progress while the image comes" };
        Option<string?> trace = new("--trace")
        {
            Description = "Show when each step of the launch was done; in FILE where its ending is .json, .html or .txt",
            HelpName = "FILE",
            Arity = ArgumentArity.ZeroOrOne,
        };
        PlanOptionSet plans = new();
        Option<string?> observed = new("--observed") { Hidden = true };
        Argument<string> image = new("IMAGE") { Description = "Name, digest or id of an image" };
        Argument<string[]> command = new("COMMAND") { Description = "Program and arguments; without it the image's", Arity = ArgumentArity.ZeroOrMore };

        Command run = new("run", "Make a container from an image and run a program in it") { name, remove, pull, platform, network, quiet, trace, observed };
        options.AddTo(run);
        plans.AddTo(run);
        run.Add(image);
        run.Add(command);
        run.SetAction(parsed =>
        {
            // First of all, so that reading the options counts as well.
            LaunchTrace? times = parsed.GetResult(trace) is null ? null : new LaunchTrace();
            if (times is not null)
            {
                Startup.AddTo(times);
            }

            RunRequest request = new()
            {
                Image = parsed.GetRequiredValue(image),
                Options = options.Read(parsed, parsed.GetValue(command) ?? []),
                Volumes = options.ReadVolumes(parsed),
                Name = parsed.GetValue(name),
                AutoRemove = parsed.GetValue(remove),
                Pull = parsed.GetRequiredValue(pull) switch
                {
                    "always" => PullPolicy.Always,
                    "never" => PullPolicy.Never,
                    _ => PullPolicy.Missing,
                },
                Platform = parsed.GetValue(platform) is { } wanted ? Platform.Parse(wanted) : null,
                Network = plans.Network(parsed, network),
                Trace = times,
                Traced = times is null ? null : TraceOutput.To(parsed.GetValue(trace) ?? ""),
                Observed = parsed.GetValue(observed) is { } by ? ObservedRun.Parse(by) : null,
            };
            using ContainerEngine engine = globals.OpenEngine(parsed);
            request = request with { Isolation = plans.ReadIsolation(parsed) };
            if (plans.Text(parsed, engine, request) is { } text)
            {
                parsed.InvocationConfiguration.Output.Write(text);
                return ExitCode.Success;
            }

            engine.Run(request, () => PullProgress.Create(parsed.GetValue(quiet)));
            return ExitCode.Ours;
        });
        return run;
    }

    internal static Option<string> Choice(string name, string description, string otherwise, params string[] values)
    {
        Option<string> option = new(name) { Description = description, DefaultValueFactory = _ => otherwise, HelpName = "WHEN" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } value }] && !values.Contains(value))
            {
                result.AddError($"option '{name}' is one of {string.Join(", ", values)}, not '{value}'");
            }
        });
        return option;
    }
}
