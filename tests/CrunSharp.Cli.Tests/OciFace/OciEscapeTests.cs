using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests.OciFace;

/// <summary>Containers that attack the runtime's own command while it joins or makes them.</summary>
public sealed class OciEscapeTests
{
    private static readonly string[] s_sets = ["bounding", "effective", "permitted"];

    [Fact]
    public void Cve2016_9962_RootInside_SeesNoDescriptorOfAProcessThatJoins()
    {
        Host.Requires(OciBundle.Needs);

        // A process that joined has no parent inside. What it holds once the program runs is what was given to it.
        using OciBundle bundle = new(
            "/bin/sh", "-c",
            """
            while :; do
                for process in /proc/[0-9]*; do
                    grep -qs 'PPid:.0$' $process/status && test $process != /proc/1 || continue
                    echo "joined" >> /seen
                    for descriptor in $process/fd/*; do readlink $descriptor >> /seen; done
                done
            done 2>/dev/null
            """);
        AllowWriting(bundle);
        bundle.Create().Succeeded();
        bundle.Oci("start", bundle.Id).Succeeded();
        for (int attempt = 0; attempt < 25; attempt++)
        {
            bundle.Oci("exec", bundle.Id, "sleep", "0.05").Succeeded();
        }

        string[] seen = [.. bundle.Read("rootfs/seen").Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct()];
        Assert.Contains("joined", seen);
        Assert.DoesNotContain(seen, static target => target[0] == '/' && target != "/dev/null");
        Assert.DoesNotContain(seen, static target => target.Contains("socket:", StringComparison.Ordinal) || target.Contains("memfd", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/bin/evil")]
    [InlineData("/proc/self/exe")]
    public void Cve2019_5736_ProcSelfExe_HostBinaryIsUnchanged(string program)
    {
        Host.Requires(OciBundle.Needs);
        string runtime = Host.Published("crun-sharp-oci");
        byte[] before = SHA256.HashData(File.ReadAllBytes(runtime));

        // The published attack: hold the joining program open, and write as soon as nobody executes it.
        using OciBundle bundle = new(
            "/bin/sh", "-c",
            """
            while :; do
                for process in /proc/[0-9]*; do
                    grep -qs 'PPid:.0$' $process/status && test $process != /proc/1 || continue
                    exec 9<$process/exe || continue
                    for attempt in 1 2 3 4 5 6 7 8; do echo evil > /proc/self/fd/9 && echo written >> /seen; done
                done
            done 2>/dev/null
            """);
        AllowWriting(bundle);
        bundle.Change(static spec =>
        {
            foreach (string set in s_sets)
            {
                spec["process"]!["capabilities"]![set] = new JsonArray("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN");
            }
        });
        string script = Path.Combine(bundle.Location, "rootfs/bin/evil");
        File.WriteAllText(script, "#!/proc/self/exe\n");
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
        bundle.Create().Succeeded();
        bundle.Oci("start", bundle.Id).Succeeded();
        for (int attempt = 0; attempt < 25; attempt++)
        {
            _ = bundle.Oci("exec", bundle.Id, program);
        }

        Assert.False(File.Exists(Path.Combine(bundle.Location, "rootfs/seen")), "something of the host's was written");
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(runtime)));
    }

    [Fact]
    public void Cve2022_29162_ProcessThatJoins_InheritsNoCapability()
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/sleep", "60");
        bundle.Create().Succeeded();
        bundle.Oci("start", bundle.Id).Succeeded();
        foreach (string[] more in new string[][] { [], ["--cap", "CAP_NET_RAW"] })
        {
            string status = bundle.Oci(["exec", .. more, bundle.Id, "cat", "/proc/self/status"]).Succeeded().Output;
            Assert.Contains("CapInh:\t0000000000000000\n", status, StringComparison.Ordinal);
            Assert.Contains("CapAmb:\t0000000000000000\n", status, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Cve2024_21626_ProcessThatJoinsThroughADescriptor_StaysInTheRoot()
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/sleep", "60");
        bundle.Create().Succeeded();
        bundle.Oci("start", bundle.Id).Succeeded();
        for (int descriptor = 3; descriptor <= 20; descriptor++)
        {
            CommandResult result = bundle.Oci("exec", "--cwd", $"/proc/self/fd/{descriptor}", bundle.Id, "sh", "-c", "test . -ef / && echo root || pwd");

            // One of them is the container's own root, which everybody inside has anyhow.
            Assert.Equal(result.ExitCode == 0 ? "root\n" : "", result.Output);
        }
    }

    [Fact]
    public void Cve2021_43784_NamespacePathBeyond64KiB_IsRefusedAndNothingRuns()
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/sh", "-c", "echo ran");
        string path = $"/proc/1/ns/net{string.Concat(Enumerable.Repeat("/.", 40_000))}";
        bundle.Change(spec =>
        {
            foreach (JsonNode? entry in spec["linux"]!["namespaces"]!.AsArray())
            {
                if (entry!["type"]!.GetValue<string>() == "network")
                {
                    entry["path"] = path;
                }
            }
        });
        CommandResult result = bundle.Oci("run", "--bundle", bundle.Location, bundle.Id);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.Empty(bundle.Leftovers);
    }

    private static void AllowWriting(OciBundle bundle) => bundle.Change(static spec => spec["root"]!["readonly"] = false);
}
