using System.CommandLine;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;

namespace CrunSharp.Cli.Commands;

/// <summary><c>info</c>: this host and this store, as crun-sharp sees them.</summary>
internal static class InfoCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Command info = new("info", "Show what crun-sharp knows of this host and of its store");
        info.SetAction(parsed =>
        {
            using ContainerEngine engine = globals.OpenEngine(parsed);
            TextWriter output = parsed.InvocationConfiguration.Output;
            IReadOnlyList<Container> containers = engine.List();
            output.WriteLine($"Version:     {ProgramVersion.Number} ({ProgramVersion.Commit})");
            output.WriteLine($"Containers:  {containers.Count}, {containers.Count(static container => container.IsRunning)} running");
            output.WriteLine($"Images:      {engine.Images.List().Count}");
            output.WriteLine($"Root:        {engine.Paths.Root}");
            output.WriteLine($"Run root:    {engine.Paths.RunRoot}");
            output.WriteLine($"User:        {User()}");
            output.WriteLine($"Cgroups:     {(File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "version 2" : Directory.Exists("/sys/fs/cgroup/unified") ? "version 1, hybrid" : "version 1")}");
            output.WriteLine($"Kernel:      {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}");
            output.WriteLine($"CPUs:        {Environment.ProcessorCount}");
            output.WriteLine($"Memory:      {Human.Size(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)}");
            return ExitCode.Success;
        });
        return info;
    }

    private static string User() => UserNamespace.Outer switch
    {
        null => "root",
        { IsOneId: true } outer => $"{outer.Uid}, rootless with one id",
        { } outer => $"{outer.Uid}, rootless with {outer.Uids.Sum(static extent => extent.Count)} ids",
    };
}
