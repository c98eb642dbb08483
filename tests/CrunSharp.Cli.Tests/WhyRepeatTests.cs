using System.Text.Json;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary><c>why --repeat</c>: the runs that it adds, and what they may not touch.</summary>
[Trait("uml", "no")] // As WhyTests.
public sealed class WhyRepeatTests : IAsyncDisposable
{
    // Refused by devpts itself, whoever asks, and by none of the layers: every one of them is in doubt.
    private const string Doubtful = "mkdir /dev/pts/x";

    private readonly Installation _own;

    public WhyRepeatTests(TestImages images)
    {
        Host.Requires(TestEngine.HasPayload);
        _own = new Installation(images);
    }

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Fact]
    public void Repeat_OfADoubtfulRefusal_LiftsOneLayerAtATimeAndNamesItFirst()
    {
        const string State = "echo \"state $(grep CapEff /proc/self/status | tr -d '\\t') $(grep NoNewPrivs /proc/self/status | tr -d '\\t') "
            + "writable:$(touch /x 2>/dev/null && echo y) masks:$(grep -c ' /proc/' /proc/mounts)\"; ";
        CommandResult result = Repeat("--network=none", "--read-only", "--security-opt=no-new-privileges", "alpine", "sh", "-c", State + Doubtful);
        string[] plain = Fields(result.Output.Split('\n')[0]);
        string[] told = [.. result.Error.Split('\n').Where(static line => line.StartsWith("why: again", StringComparison.Ordinal) || line.StartsWith("state ", StringComparison.Ordinal))];
        Assert.Equal(12, told.Length);
        for (int i = 0; i < told.Length; i += 2)
        {
            string lifted = told[i]["why: again, without ".Length..];
            string[] fields = Fields(told[i + 1]);
            string[] differences = [.. fields.Where((field, index) => field != plain[index]).Select(static field => field[..field.IndexOf(':', StringComparison.Ordinal)])];
            string[] expected = lifted switch
            {
                "the limit on capabilities: all that can be given" => ["CapEff"],
                "masked and read-only paths" => ["masks"],
                "read-only mounts and mount options" => ["writable"],
                "no_new_privs" => ["NoNewPrivs"],
                _ => [],
            };
            Assert.Equal(expected, differences);
        }

        Assert.Equal(6, told.Where(static (_, index) => index % 2 == 0).Distinct().Count());
    }

    [Fact]
    public void Repeat_WhereNoLayerIsToBlame_SaysThatEachWasLiftedInVain()
    {
        JsonElement refusal = Refusal(Repeat("--format=json", "--network=none", "alpine", "sh", "-c", Doubtful));
        Assert.Equal("unknown", refusal.GetProperty("layer").GetString());
        Assert.Equal(0, refusal.GetProperty("doubt").GetArrayLength());
        Assert.Equal(5, refusal.GetProperty("evidence").EnumerateArray().Count(static text => text.GetString()!.EndsWith("refused all the same", StringComparison.Ordinal)));
    }

    [Fact]
    public void Repeat_WhereACapabilityIsToBlame_FindsWhichOne()
    {
        // FIBMAP, of which why knows nothing.
        JsonElement refusal = Refusal(Repeat("--format=json", "--network=none", $"-v={TestEngine.Payload}:/payload:ro", "alpine", "sh", "-c", "/payload call ioctl 0 1 0 < /etc/passwd"));
        bool isRoot = Environment.IsPrivilegedProcess;
        Assert.Equal(isRoot ? "capability" : "unknown", refusal.GetProperty("layer").GetString());
        if (isRoot)
        {
            Assert.Equal("CAP_SYS_RAWIO", refusal.GetProperty("detail").GetString());
            Assert.Equal("--cap-add SYS_RAWIO", refusal.GetProperty("allow")[0].GetString());
        }
    }

    [Fact]
    public void Repeat_OfAProgramThatWrites_ChangesRootAndVolumesOnce()
    {
        string shared = _own.Scratch.Make("shared");
        string single = _own.Scratch.Write("single", "");
        const string Program = "test -e /mark && echo STALE; touch /mark; for f in /shared/log /single /named/log; do echo once >> $f; done; ";
        CommandResult result = Repeat("--network=none", $"-v={shared}:/shared", $"-v={single}:/single", "-v=named:/named", "alpine", "sh", "-c", Program + Doubtful);
        Assert.Contains("why: again", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("STALE", result.Output + result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("sh: ", result.Error, StringComparison.Ordinal);
        Assert.Equal("once\n", File.ReadAllText($"{shared}/log"));
        Assert.Equal("once\n", File.ReadAllText(single));
        Assert.Equal("once\n", _own.Run("run", "--rm", "--network=none", "-v=named:/named", "alpine", "cat", "/named/log").Succeeded().Output);
        Assert.Equal("", _own.Run("ps", "-aq").Succeeded().Output);
    }

    [Fact]
    public void Repeat_WhereNoNetworkWasAskedFor_GivesTheRepetitionsNone()
    {
        Host.Requires(Host.Tun, Host.NetworkHelper);
        (int first, int[] again) = Interfaces();
        Assert.True(first > 1, $"{first}");
        Assert.All(again, static count => Assert.Equal(1, count));
    }

    [Fact]
    public void Repeat_WhereANetworkWasAskedFor_GivesTheRepetitionsTheSame()
    {
        (int first, int[] again) = Interfaces("--network=host");
        Assert.All(again, count => Assert.Equal(first, count));
    }

    [Fact]
    public void Repeat_WhereNothingIsInDoubt_RunsOnce()
    {
        CommandResult result = Repeat("--network=none", "--read-only", "alpine", "touch", "/x");
        Assert.DoesNotContain("why: again", result.Error, StringComparison.Ordinal);
    }

    private (int First, int[] Again) Interfaces(params string[] options)
    {
        CommandResult result = Repeat([.. options, "alpine", "sh", "-c", "echo interfaces $(grep -c : /proc/net/dev); " + Doubtful]);
        const string Line = "interfaces ";
        int[] again = [.. result.Error.Split('\n').Where(static line => line.StartsWith(Line, StringComparison.Ordinal)).Select(static line => int.Parse(line[Line.Length..], null))];
        Assert.NotEmpty(again);
        return (int.Parse(result.Output.Split('\n')[0][Line.Length..], null), again);
    }

    private CommandResult Repeat(params string[] arguments) => _own.Run(["why", "--repeat", .. arguments]);

    private static string[] Fields(string line) => line.Split(' ')[1..];

    private static JsonElement Refusal(CommandResult result)
    {
        Assert.True(result.Output.StartsWith('{'), result.Error);
        return JsonDocument.Parse(result.Output).RootElement.GetProperty("refused")[0];
    }
}
