using System.CommandLine;
using CrunSharp.Cli.Commands;

namespace CrunSharp.Cli;

/// <summary>A command by its name; made only when it is the one that was asked for.</summary>
internal sealed record Verb(string Name, Func<GlobalOptions, Command> Create, bool StopsAtFirstWord = false)
{
    public static Verb[] All { get; } =
    [
        new("run", RunCommand.Create, StopsAtFirstWord: true),
        new("exec", ExecCommandLine.Create, StopsAtFirstWord: true),
        new("explain", ExplainCommand.Create),
        new("compare", CompareCommand.Create),
        new("why", WhyCommand.Create, StopsAtFirstWord: true),
        new("ps", PsCommand.Create),
        new("kill", KillCommand.Create),
        new("stop", StopCommand.Create),
        new("rm", RmCommand.Create),
        new("pull", PullCommand.Create),
        new("push", PushCommand.Create),
        new("tag", TagCommand.Create),
        new("images", ImagesCommand.Create),
        new("rmi", RmiCommand.Create),
        new("inspect", InspectCommand.Create),
        new("login", LoginCommand.Create),
        new("logout", LogoutCommand.Create),
        new("bench", BenchCommand.Create, StopsAtFirstWord: true),
        new("learn", LearnCommand.Create),
        new("version", VersionCommand.Create),
        new("info", InfoCommand.Create),
        new("doctor", DoctorCommand.Create),
        new("completion", CompletionCommand.Create),
        new(OciCommand.Name, OciCommand.Create, StopsAtFirstWord: true),
    ];

    public static Verb? Find(string name) => Array.Find(All, verb => verb.Name == name);
}
