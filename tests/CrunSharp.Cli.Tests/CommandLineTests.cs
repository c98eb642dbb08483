using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

public sealed class CommandLineTests
{
    private static readonly string[] s_verbs =
        ["run", "exec", "ps", "kill", "stop", "rm", "pull", "push", "tag", "images", "rmi", "inspect", "login", "logout", "version", "info", "doctor", "learn", "completion", "oci"];

    public CommandLineTests() => Host.Requires(Host.PublishedBinaries);

    [Fact]
    public void Version_OfTheProgram_HasTheCommit() => Assert.Matches("^crun-sharp version [0-9.]+, commit [0-9a-f]{7,40}\n$", Run("--version").Output);

    [Fact]
    public void Help_ListsEveryCommand() => Assert.All(s_verbs, verb => Assert.Contains($"\n  {verb} ", Run("--help").Output, StringComparison.Ordinal));

    [Fact]
    public void Help_OfEveryCommand_IsThereAndSucceeds() =>
        Assert.All(s_verbs, verb =>
        {
            CommandResult result = Run(verb, "--help");
            Assert.Equal(0, result.ExitCode);
            Assert.Contains("Usage", result.Output, StringComparison.OrdinalIgnoreCase);
        });

    [Fact]
    public void Oci_ForwardsToTheRuntimesCommandLine() =>
        Assert.Contains("spec: 1.", Run("oci", "--version").Output, StringComparison.Ordinal);

    [Fact]
    public void Completion_ForBash_OffersCommandsAndOptions()
    {
        using TemporaryDirectory directory = new();
        string script = $"""
            PATH={Path.GetDirectoryName(Host.Published("crun-sharp"))}:$PATH
            . {directory.Write("completion", Run("completion", "bash").Succeeded().Output)}
            try() {"{"}
                COMP_LINE=$1 COMP_POINT=$(expr length "$1") COMP_WORDS=($1) COMP_CWORD=$(( $(echo $1 | wc -w) - 1 ))
                _crun_sharp; echo "${"{"}COMPREPLY[*]{"}"}"
            {"}"}
            try 'crun-sharp ima'; try 'crun-sharp run --mem'
            """;
        string[] lines = Command.Run("bash", "-c", script).Succeeded().Output.Split('\n');
        Assert.Equal("images", lines[0]);
        Assert.Contains("--memory", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zsh", "compdef")]
    [InlineData("fish", "complete -c crun-sharp")]
    public void Completion_ForAnotherShell_IsAScriptOfIts(string shell, string word) =>
        Assert.Contains(word, Run("completion", shell).Succeeded().Output, StringComparison.Ordinal);

    [Fact]
    public void UnknownCommand_NearAKnownOne_IsToldOfIt() =>
        Assert.Equal("crun-sharp: cannot run 'imagse': there is no such command\n  crun-sharp images\n", Run("imagse").Error);

    private static CommandResult Run(params string[] arguments) => Command.Run(Host.Published("crun-sharp"), arguments);

    [Fact]
    public void Executables_NeedTheCLibraryAtMost()
    {
        Host.Requires(Host.PublishedBinaries, Host.Command("ldd", "libc-bin"));
        IEnumerable<string> needed = Command.Run("ldd", Host.Published("crun-sharp")).Succeeded().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => Path.GetFileName(line.Trim().Split(' ')[0]))
            .Where(static name => !name.StartsWith("ld-linux", StringComparison.Ordinal) && !name.StartsWith("linux-vdso", StringComparison.Ordinal));
        Assert.Subset(new HashSet<string> { "libc.so.6", "libm.so.6" }, new HashSet<string>(needed));
        CommandResult runtime = Command.Run("ldd", Host.Published("crun-sharp-oci"));
        Assert.Contains("not a dynamic executable", runtime.Output + runtime.Error, StringComparison.Ordinal);
    }
}
