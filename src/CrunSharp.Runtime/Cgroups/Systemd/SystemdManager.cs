using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>systemd, the system's or the user's own, asked over its bus for what a container's scope needs.</summary>
/// <remarks>org.freedesktop.systemd1(5), since systemd 244.</remarks>
internal sealed class SystemdManager : IDisposable
{
    private const string Name = "org.freedesktop.systemd1";
    private const string Manager = $"{Name}.Manager";
    private const string ObjectPath = "/org/freedesktop/systemd1";
    private const string UnitExists = $"{Name}.UnitExists";
    private const string NoSuchUnit = $"{Name}.NoSuchUnit";

    private readonly DBusConnection _bus;

    private SystemdManager(DBusConnection bus) => _bus = bus;

    /// <param name="user">The calling user's own instance.</param>
    /// <exception cref="CrunException">It cannot be reached; with hints.</exception>
    public static SystemdManager Open(bool user)
    {
        string path = (user ? UserBus() : SystemBus()) ?? throw Unreachable(user, "this session has no bus");
        try
        {
            return new SystemdManager(DBusConnection.Open(path));
        }
        catch (LinuxException failure)
        {
            throw Unreachable(user, $"nobody answers at '{path}': {failure.Reason}", failure);
        }
        catch (DBusRefusedException failure)
        {
            throw Unreachable(user, failure.Message, failure);
        }
    }

    /// <summary>The socket of the calling user's bus; null where there is none.</summary>
    public static string? UserBus() =>
        PathIn(Environment.GetEnvironmentVariable("DBUS_SESSION_BUS_ADDRESS"))
        ?? (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is ['/', ..] directory && HostPaths.Exists($"{directory}/bus") ? $"{directory}/bus" : null);

    /// <summary>The manager's own cgroup beneath the hierarchy; empty for the root.</summary>
    public string ControlGroup()
    {
        DBusWriter body = new();
        body.String(Manager);
        body.String("ControlGroup");
        DBusReader answer = new(Call("Get", "ss", body, "org.freedesktop.DBus.Properties").Body);
        _ = answer.Signature();
        return answer.String().TrimEnd('/');
    }

    /// <summary>Starts a scope with a process that runs already; returns when that process is in it.</summary>
    public void StartScope(string unit, IReadOnlyList<SystemdProperty> properties)
    {
        _bus.Match($"type='signal',sender='{Name}',interface='{Manager}',member='JobRemoved',path='{ObjectPath}'");
        _ = Call("Subscribe", "", new DBusWriter());
        string job;
        try
        {
            job = StartTransientUnit(unit, properties);
        }
        catch (DBusRefusedException failure) when (failure.Name == UnitExists)
        {
            // One that has failed stays until somebody has looked at it; of one that runs the second try says so.
            Reset(unit);
            job = StartTransientUnit(unit, properties);
        }

        string result = WaitForJob(job);
        if (result != "done")
        {
            throw new CrunException($"cannot make the scope '{unit}'", $"systemd's job ended as '{result}'");
        }
    }

    public void SetProperties(string unit, IReadOnlyList<SystemdProperty> properties)
    {
        DBusWriter body = new();
        body.String(unit);

        // For this boot: a transient unit has no file.
        body.Boolean(true);
        body.Array(8, array => Write(array, properties));
        _ = Call("SetUnitProperties", "sba(sv)", body);
    }

    /// <summary>Puts a process that systemd knows as the user's into a cgroup of the scope.</summary>
    public void Attach(string unit, string below, int pid)
    {
        DBusWriter body = new();
        body.String(unit);
        body.String(below);
        body.Array(4, array => array.UInt32((uint)pid));
        _ = Call("AttachProcessesToUnit", "ssau", body);
    }

    /// <summary>Ends a scope; one that is gone already is fine.</summary>
    public void Stop(string unit)
    {
        DBusWriter body = new();
        body.String(unit);
        body.String("replace");
        try
        {
            _ = Call("StopUnit", "ss", body);
        }
        catch (DBusRefusedException failure) when (failure.Name == NoSuchUnit)
        {
            return;
        }

        Reset(unit);
    }

    public void Dispose() => _bus.Dispose();

    private static string? SystemBus() =>
        PathIn(Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS"))
        ?? (HostPaths.Exists("/run/dbus/system_bus_socket") ? "/run/dbus/system_bus_socket" : null);

    // 'unix:path=/run/user/1000/bus,guid=...;unix:...'.
    internal static string? PathIn(string? addresses)
    {
        foreach (string address in (addresses ?? "").Split(';'))
        {
            if (address.StartsWith("unix:", StringComparison.Ordinal)
                && address["unix:".Length..].Split(',').FirstOrDefault(static pair => pair.StartsWith("path=", StringComparison.Ordinal)) is { } path)
            {
                return Uri.UnescapeDataString(path["path=".Length..]);
            }
        }

        return null;
    }

    private string StartTransientUnit(string unit, IReadOnlyList<SystemdProperty> properties)
    {
        DBusWriter body = new();
        body.String(unit);
        body.String("fail");
        body.Array(8, array => Write(array, properties));
        body.Array(8, static _ => { });
        return new DBusReader(Call("StartTransientUnit", "ssa(sv)a(sa(sv))", body).Body).String();
    }

    private static void Write(DBusWriter writer, IReadOnlyList<SystemdProperty> properties)
    {
        foreach (SystemdProperty property in properties)
        {
            property.Write(writer);
        }
    }

    private string WaitForJob(string job)
    {
        while (true)
        {
            DBusMessage signal = _bus.NextSignal("StartTransientUnit");
            if (signal is { Member: "JobRemoved", Signature: "uoss" })
            {
                DBusReader body = new(signal.Body);
                _ = body.UInt32();
                string ended = body.String();
                _ = body.String();
                if (ended == job)
                {
                    return body.String();
                }
            }
        }
    }

    private void Reset(string unit)
    {
        DBusWriter body = new();
        body.String(unit);
        try
        {
            _ = Call("ResetFailedUnit", "s", body);
        }
        catch (DBusRefusedException failure) when (failure.Name == NoSuchUnit)
        {
            // It went by itself.
        }
    }

    private DBusMessage Call(string member, string signature, DBusWriter body, string @interface = Manager) => _bus.Call(new DBusMessage
    {
        Type = DBusMessageType.MethodCall,
        Destination = Name,
        Path = ObjectPath,
        Interface = @interface,
        Member = member,
        Signature = signature,
        Body = body.ToArray(),
    });

    private static CrunException Unreachable(bool user, string why, Exception? inner = null) =>
        new($"cannot reach {(user ? "your systemd" : "systemd")}", why, inner)
        {
            Hints = user
                ? ["log in through systemd: sudo loginctl enable-linger $USER, then a new session", "or use the other manager: --cgroup-manager cgroupfs"]
                : ["use the other manager: --cgroup-manager cgroupfs"],
        };
}
