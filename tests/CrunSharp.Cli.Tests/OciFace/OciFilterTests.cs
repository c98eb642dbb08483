using System.Text.Json.Nodes;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests.OciFace;

public sealed class OciFilterTests
{
    [Fact]
    public void Run_WithAFilterThatRefusesEvenTheEnd_EndsAllTheSame()
    {
        Host.Requires(OciBundle.Needs);
        using OciBundle bundle = new("/bin/true");
        bundle.Change(spec => spec["linux"]!["seccomp"] = JsonNode.Parse("""
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]}
            """));
        Assert.NotEqual(0, bundle.Oci("run", "--bundle", bundle.Location, bundle.Id).ExitCode);
        Assert.Empty(bundle.Leftovers);
    }
}
