using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Bundles.Tests;

public sealed class SeccompProfileTests
{
    private static readonly ulong s_default = CapabilityChoice.Of(new RunOptions { ContainerId = "a" }, ulong.MaxValue);

    // Computed from seccomp/default.json of github.com/moby/profiles at the tag seccomp/v0.2.3: its conditions applied
    // as moby applies them, then one line for each call and rule, as Effect below writes them, sorted, and hashed.
    [Theory]
    [InlineData("default", "amd64", "6.1", 381, "bac811f0f5cf3b25546bf85a8519075bcf721d6f46e175fea159e6ccb2c24833")]
    [InlineData("default", "amd64", "4.4", 378, "7ed19b828a3b81828e09e165d57522e7e81c36e893e5d0372c1df95381439b75")]
    [InlineData("default", "arm64", "6.1", 384, "14104272f47b6decddfbcd0fd9a8054c2c5633441a3c123f79f7dbf4a80e588e")]
    [InlineData("default", "arm64", "4.4", 381, "714d4ccc2a71bb8d4eb3a75bc60c3b598c932a4f30f548b12dffa8973a3eea2f")]
    [InlineData("all", "amd64", "6.1", 425, "2be0024e5b1235cc7fd42a0ed5ddc2b8a12ee9e99f76460a7d5543d517a32138")]
    [InlineData("all", "arm64", "6.1", 428, "ff95ffe99833c2edec32f6bb7a2ab0ee0401a46d476994edf9646489d99cb8cc")]
    [InlineData("none", "amd64", "6.1", 380, "cdd23f9cecda7f71085c4e41829e48fdea9f70c069edb33f22cae4e445259073")]
    [InlineData("none", "arm64", "6.1", 383, "d549572978356fd8f3a9b480f67c5010c9eb5672cbb5b8960abced0633cba951")]
    public void DefaultProfile_HasTheEffectOfMobys(string capabilities, string architecture, string kernel, int count, string sha256)
    {
        ulong set = capabilities switch { "all" => Capability.All, "none" => 0, _ => s_default };
        string[] effect = Effect(SeccompProfile.Default.Render(set, architecture, Version.Parse(kernel)));
        Assert.Equal(count, effect.Length);
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', effect)))));
    }

    [Fact]
    public void DefaultProfile_RenderedTwice_IsTheSameBytes()
    {
        byte[] first = SeccompProfile.Default.Render(s_default, "amd64", new Version(6, 1)).ToArray();
        Assert.Equal(first, SeccompProfile.Default.Render(s_default, "amd64", new Version(6, 1)).ToArray());
    }

    [Fact]
    public void DefaultProfile_WithoutCapabilities_LetsNobodyMakeNamespacesOrCiphers()
    {
        string[] effect = Effect(SeccompProfile.Default.Render(s_default, "amd64", new Version(6, 1)));
        Assert.DoesNotContain(effect, line => line.StartsWith("unshare ", StringComparison.Ordinal) || line.StartsWith("mount ", StringComparison.Ordinal));
        Assert.Contains("clone3 SCMP_ACT_ERRNO 38 []", effect);
        Assert.DoesNotContain("socket SCMP_ACT_ALLOW - []", effect);
    }

    [Fact]
    public void Cve2026_31431_DefaultProfile_LetsNobodyToTheKernelsCiphers()
    {
        // With all capabilities too: socket is let through only for families below AF_ALG (38), for 39, and above 40.
        string[] sockets = [.. Effect(SeccompProfile.Default.Render(Capability.All, "amd64", new Version(6, 1)))
            .Where(line => line.StartsWith("socket ", StringComparison.Ordinal))];
        Assert.Equal(
            ["socket SCMP_ACT_ALLOW - [0 SCMP_CMP_EQ 39 0]", "socket SCMP_ACT_ALLOW - [0 SCMP_CMP_GT 40 0]", "socket SCMP_ACT_ALLOW - [0 SCMP_CMP_LT 38 0]"],
            sockets);
    }

    [Fact]
    public void OwnProfile_Conditions_DecideWhatIsInIt()
    {
        SeccompProfile profile = SeccompProfile.Read(
            """
            {
              "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
              "syscalls": [
                { "name": "getcwd", "action": "SCMP_ACT_ERRNO", "args": [{ "index": 1, "value": 7, "valueTwo": 3, "op": "SCMP_CMP_MASKED_EQ" }] },
                { "names": ["ptrace"], "action": "SCMP_ACT_KILL", "excludes": { "caps": ["CAP_SYS_PTRACE"] } },
                { "names": ["reboot"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5, "includes": { "arches": ["arm64"] } },
                { "names": ["swapon"], "action": "SCMP_ACT_ERRNO", "includes": { "minKernel": "5.10" } }
              ]
            }
            """u8);
        Assert.Equal(
            [
                "architecture SCMP_ARCH_X86_64", "default SCMP_ACT_ALLOW -", "getcwd SCMP_ACT_ERRNO - [1 SCMP_CMP_MASKED_EQ 7 3]",
                "ptrace SCMP_ACT_KILL - []", "swapon SCMP_ACT_ERRNO - []",
            ],
            Effect(profile.Render(0, "amd64", new Version(5, 10))));
    }

    [Theory]
    [InlineData("""{"syscalls":[]}""", "it has no defaultAction")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_KILL"}]}""", "'syscalls[0]' names no system call")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"includes":{"moon":["full"]}}]}""", "'syscalls[0].includes.moon' is a condition that this engine does not know")]
    public void OwnProfile_NotUnderstood_IsRefusedAndNotWeakened(string json, string why)
    {
        CrunException refusal = Assert.Throws<CrunException>(() => SeccompProfile.Read(Encoding.UTF8.GetBytes(json)));
        Assert.Equal($"cannot read the seccomp profile: {why}", refusal.Message);
    }

    private static string[] Effect(ReadOnlyMemory<byte> rendered)
    {
        JsonNode profile = JsonNode.Parse(rendered.Span)!;
        HashSet<string> lines = [$"default {profile["defaultAction"]} {profile["defaultErrnoRet"]?.ToString() ?? "-"}"];
        foreach (JsonNode? architecture in profile["architectures"]!.AsArray())
        {
            lines.Add($"architecture {architecture}");
        }

        foreach (JsonNode? rule in profile["syscalls"]!.AsArray())
        {
            IEnumerable<string> tests = (rule!["args"]?.AsArray() ?? []).Select(
                test => $"{test!["index"]} {test["op"]} {test["value"]} {test["valueTwo"]?.ToString() ?? "0"}");
            foreach (JsonNode? name in rule["names"]!.AsArray())
            {
                lines.Add($"{name} {rule["action"]} {rule["errnoRet"]?.ToString() ?? "-"} [{string.Join(',', tests)}]");
            }
        }

        string[] sorted = [.. lines];
        Array.Sort(sorted, StringComparer.Ordinal);
        return sorted;
    }
}
