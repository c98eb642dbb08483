using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>The lesson on cgroups for a user who has a systemd: the user 'crs' of tools/uml-init-systemd.</summary>
[Collection(nameof(Alone))]
public sealed class DelegatedLessonTests
{
    [Fact]
    public void CgroupsLesson_OfAUserWithASystemdOfTheirOwn_LimitsAGroupThatIsTheirs()
    {
        Host.Requires(Host.Root, Host.Systemd, Host.SystemdUser);
        Command.Run("systemctl", "start", "user@1500.service").Succeeded();
        string[] user =
        [
            "--reuid", "1500", "--regid", "1500", "--clear-groups", "--inh-caps=-all", "env", "-i", "PATH=/usr/bin:/bin", "HOME=/tmp/crs", "XDG_RUNTIME_DIR=/run/user/1500",
            "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1500/bus", Host.Published("crun-sharp"), "learn",
        ];
        Assert.Equal("[works]  cgroups\n", Command.Run("setpriv", [.. user, "--check", "cgroups"]).Output);
        CommandResult typed = Command.Run("sh", ["-c", "printf '1\\n\\n9\\n\\nno\\n' | setpriv \"$@\"", "sh", .. user, "cgroups"]);
        Assert.Contains("it is mine", typed.Succeeded().Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetDirectories("/sys/fs/cgroup/user.slice", "run-*.scope", SearchOption.AllDirectories), static _ => true);
    }
}
