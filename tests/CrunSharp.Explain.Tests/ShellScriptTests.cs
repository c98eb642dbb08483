using System.Text.RegularExpressions;
using CrunSharp.Oci;
using CrunSharp.Runtime;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Explain.Tests;

public sealed partial class ShellScriptTests
{
    public static TheoryData<Type> Kinds { get; } = [.. typeof(Step).Assembly.GetTypes().Where(static type => type.IsSubclassOf(typeof(Step)))];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Explainers_EveryKindOfStep_IsKnown(Type kind) => Assert.True(Explainers.Knows(kind), $"{kind.Name} has no explainer: add one to src/CrunSharp.Explain/Kinds");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Script_RootOrNot_IsOneThatTheShellCanRead(bool rootful)
    {
        using TemporaryDirectory directory = new();
        string file = directory.Write("script.sh", ShellScript.Write(Facts(rootful), detail: 2));
        Command.Run("sh", "-n", file).Succeeded();
        Command.Run("bash", "-n", file).Succeeded();
    }

    // Where a terminal does not bracket what is pasted, a tab completes names and a long line is cut.
    [Fact]
    public void Script_Pasted_HoldsNeitherTabsNorLinesThatATerminalCuts()
    {
        LaunchFacts facts = Facts(rootful: true);
        LaunchPlan plan = facts.Plan with { Steps = [.. facts.Plan.Steps.SkipLast(1), new Execute(["a\tb"], ["A=b\tc"], 0)] };
        string script = ShellScript.Write(facts with { Plan = plan }, detail: 2);
        Assert.DoesNotContain('\t', script);
        Assert.All(script.Split('\n'), static line => Assert.InRange(line.Length, 0, 4000));
    }

    [Fact]
    public void Script_AnyStep_SaysWhyOnceAndItsNumberAlways()
    {
        string script = ShellScript.Write(Facts(rootful: true), detail: 0);
        Assert.Matches(@"(?m)^# 1\. join cgroup 0$", script);
        Assert.Single(Occurrences(script, "counted and limited"));
        Assert.DoesNotContain("calls:", script, StringComparison.Ordinal);
        Assert.Contains("calls: pivot_root(2)", ShellScript.Write(Facts(rootful: true), detail: 1), StringComparison.Ordinal);
    }

    [Fact]
    public void Script_Commands_AreNeverOursNorAnotherRuntimes()
    {
        IEnumerable<string> commands = ShellScript.Write(Facts(rootful: true), detail: 0).Split('\n').Where(static line => !line.StartsWith('#'));
        Assert.DoesNotContain(commands, static line => Runtimes().IsMatch(line));
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("it's")]
    [InlineData("$(reboot)")]
    [InlineData("`reboot`; \"x\" \\ \n*")]
    [InlineData("")]
    [InlineData("-n")]
    [InlineData("a\tb\t")]
    public void Quote_AnyWord_IsThatWordToTheShell(string word) =>
        Assert.Equal($"<{word}>", Command.Run("sh", "-c", $"printf '<%s>' {Sh.Quote(word)}").Succeeded().Output);

    [Fact]
    public void Script_HostileNames_StayWords()
    {
        LaunchFacts facts = Facts(rootful: true);
        LaunchPlan plan = facts.Plan with { Steps = [.. facts.Plan.Steps, new SetHostname("$(touch /tmp/owned)'; reboot #"), new MaskPath("/a b/$(reboot)'")] };
        string script = ShellScript.Write(facts with { Plan = plan }, detail: 0);
        Assert.Contains("hostname '$(touch /tmp/owned)'\\''; reboot #'\n", script, StringComparison.Ordinal);
        Assert.Contains("mask \"$root\"/'a b/$(reboot)'\\'''\n", script, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("enter")]
    [InlineData("enter with init")]
    [InlineData("init")]
    [InlineData("keyring")]
    [InlineData("devices")]
    public void CProgram_Each_HasAtMostThirtyLinesAndCompilesWithoutWarning(string name)
    {
        string source = name switch
        {
            "enter" => CPrograms.Enter(init: false),
            "enter with init" => CPrograms.Enter(init: true),
            "init" => CPrograms.Init,
            "keyring" => CPrograms.Keyring,
            _ => CPrograms.Devices,
        };
        Assert.InRange(source.TrimEnd('\n').Split('\n').Length, 10, 30);
        using TemporaryDirectory directory = new();
        string file = directory.Write("program.c", source);
        Command.Run("cc", "-Wall", "-Wextra", "-Werror", "-DFLAGS=0", "-DINHERITABLE=0ULL", "-c", "-o", directory["program.o"], file).Succeeded();
    }

    [Fact]
    public void Script_TextWithTheEndOfAHereDocument_EndsNothing()
    {
        using TemporaryDirectory directory = new();
        LaunchFacts facts = Facts(rootful: true);
        LaunchPlan plan = facts.Plan with { Steps = [.. facts.Plan.Steps.SkipLast(1), new Execute(["sh", "-c", "a\nEND_OF_INSIDE\nreboot\nEND\n"], ["A=\nEND\n"], 0)] };
        string script = ShellScript.Write(facts with { Plan = plan, Files = [new PreparedFile("/store/containers/0123/etc/hosts", "a\nEND\nreboot\n")] }, detail: 0);
        Command.Run("sh", "-n", directory.Write("script.sh", script)).Succeeded();
        Assert.Contains("<<'END_'\na\nEND\nreboot\nEND_\n", script, StringComparison.Ordinal);
        Assert.Contains("<<'END_OF_INSIDE_'\n", script, StringComparison.Ordinal);
    }

    private static MatchCollection Occurrences(string text, string word) => Regex.Matches(text, Regex.Escape(word));

    [GeneratedRegex(@"(^|[\s;|&(])(crun-sharp(-oci)?|runc|crun|podman|docker|bwrap|nspawn)(\s|$)")]
    private static partial Regex Runtimes();

    private static LaunchFacts Facts(bool rootful)
    {
        Namespaces made = Namespaces.Mount | Namespaces.Pid | Namespaces.Uts | (rootful ? Namespaces.None : Namespaces.User);
        IdMapping[] map = rootful ? [] : [new(0, 0, 1), new(1, 1, 65536)];
        return new LaunchFacts
        {
            Command = "crun-sharp run --explain alpine true",
            Directory = "/store/containers/0123",
            Store = "/store",
            Root = new RootOwner(0, 0, 0b111_101_101),
            Cgroup = rootful ? new CgroupOutline(["/sys/fs/cgroup/pids/c"], [new CgroupWrite("/sys/fs/cgroup/pids/c/pids.max", "20")], ["/sys/fs/cgroup/pids/c/tasks"], null, default) : CgroupOutline.None,
            User = rootful ? null : new UserMaps([new(0, 1000, 1), new(1, 100000, 65536)], [new(0, 1000, 1), new(1, 100000, 65536)], OneId: false),
            Files = [new PreparedFile("/store/containers/0123/etc/hosts", "127.0.0.1\tlocal\\host 'x'\n")],
            Plan = new LaunchPlan
            {
                New = made,
                UidMap = map,
                GidMap = map,
                Slots = [],
                Steps =
                [
                    .. (IEnumerable<Step>)(rootful ? [new WriteDescriptor(new FdSlot.Cgroup(0), "0")] : []),
                    new NewSession(),
                    new SetPropagation(Propagation.Slave | Propagation.Recursive),
                    new OverlayRoot(["/store/layers/b", "/store/layers/a"], "/store/containers/0123/scratch", "/store/containers/0123/rootfs", !rootful, Volatile: true),
                    new MountFilesystem("/proc", "proc", "", MountAttributes.NoSuid, Propagation.None, MountMode.None),
                    new BindMount("/etc/hosts", "/store/containers/0123/etc/hosts", MountAttributes.ReadOnly, MountAttributes.None, Propagation.Private, MountMode.None),
                    new EnterRoot(EnterMode.Pivot),
                    new MaskPath("/proc/kcore"),
                    new SetRlimit(7, 100, 200),
                    new InstallSeccomp(new byte[16], 0, null),
                    new DropBounding(1),
                    new SetUser(1000, 1000, [7]),
                    new SetCapabilities(0, 0, 0, 0),
                    new EnterDirectory("/"),
                    new Execute(["true"], ["PATH=/bin"], 0),
                ],
            },
        };
    }
}
