using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>The scope that a process is put into once it is there: systemd makes none without one.</summary>
internal sealed class SystemdScope(SystemdManager manager, string unit, string directory, bool ofUser, Action<SystemdManager, int> adopt) : IDisposable
{
    public string Unit => unit;

    public bool IsOfUser => ofUser;

    /// <summary>Puts a process, which has to wait meanwhile, into the scope.</summary>
    /// <exception cref="CrunException">systemd, or the kernel, refused.</exception>
    public void Adopt(int pid)
    {
        try
        {
            adopt(manager, pid);
        }
        catch (DBusRefusedException refused)
        {
            throw new CrunException($"cannot make the scope '{unit}'", refused.Message, refused);
        }
        catch (LinuxException failure)
        {
            throw new CrunException($"cannot use the cgroup '{directory}'", failure.Message, failure);
        }
    }

    public void Dispose() => manager.Dispose();
}
