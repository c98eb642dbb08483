using System.Text;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>A connection to a message bus: calls one after another, and the signals that came meanwhile.</summary>
internal sealed class DBusConnection : IDisposable
{
    private const string Bus = "org.freedesktop.DBus";
    private const long LongestMessage = 1 << 20;
    private const int PatienceMilliseconds = 30_000;

    private readonly SafeFileHandle _socket;
    private readonly Queue<DBusMessage> _signals = new();
    private uint _serial;

    private DBusConnection(SafeFileHandle socket) => _socket = socket;

    /// <exception cref="LinuxException">Nobody listens at that socket.</exception>
    /// <exception cref="CrunException">The bus does not let this user in.</exception>
    public static DBusConnection Open(string path)
    {
        DBusConnection connection = new(UnixSocket.ConnectStream(path));
        try
        {
            connection.Authenticate();
            _ = connection.Call(new DBusMessage
            {
                Type = DBusMessageType.MethodCall,
                Destination = Bus,
                Path = "/org/freedesktop/DBus",
                Interface = Bus,
                Member = "Hello",
            });
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Asks the bus for the signals that the rule describes.</summary>
    public void Match(string rule)
    {
        DBusWriter body = new();
        body.String(rule);
        _ = Call(new DBusMessage
        {
            Type = DBusMessageType.MethodCall,
            Destination = Bus,
            Path = "/org/freedesktop/DBus",
            Interface = Bus,
            Member = "AddMatch",
            Signature = "s",
            Body = body.ToArray(),
        });
    }

    /// <summary>Calls, and waits for the answer; what else comes meanwhile is kept.</summary>
    /// <exception cref="DBusRefusedException">The answer is an error.</exception>
    public DBusMessage Call(DBusMessage call)
    {
        uint serial = ++_serial;
        Descriptors.Write(_socket, call.Encode(serial));
        while (true)
        {
            DBusMessage message = Receive(call.Member);
            if (message.Type == DBusMessageType.Signal)
            {
                _signals.Enqueue(message);
            }
            else if (message.ReplySerial == serial)
            {
                return message.Type == DBusMessageType.Error ? throw new DBusRefusedException(message) : message;
            }
        }
    }

    /// <summary>The next signal; waits for it.</summary>
    public DBusMessage NextSignal(string waitingFor)
    {
        while (true)
        {
            if (_signals.TryDequeue(out DBusMessage? signal))
            {
                return signal;
            }

            DBusMessage message = Receive(waitingFor);
            if (message.Type == DBusMessageType.Signal)
            {
                return message;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    // Without naming an identity: the bus takes the one that the kernel tells it, which in a user namespace is not the one we see.
    private void Authenticate()
    {
        Descriptors.Write(_socket, "\0AUTH EXTERNAL\r\nDATA\r\n"u8);
        string line;
        do
        {
            line = ReadLine();
        }
        while (line.StartsWith("DATA", StringComparison.Ordinal));

        if (!line.StartsWith("OK", StringComparison.Ordinal))
        {
            throw new CrunException("cannot speak with systemd", $"the bus does not let this user in: {line}");
        }

        Descriptors.Write(_socket, "BEGIN\r\n"u8);
    }

    private string ReadLine()
    {
        StringBuilder line = new();
        Span<byte> letter = stackalloc byte[1];
        while (line.Length < 512)
        {
            Fill(letter, "AUTH");
            if (letter[0] == '\n')
            {
                break;
            }

            line.Append((char)letter[0]);
        }

        return line.ToString().TrimEnd('\r');
    }

    private DBusMessage Receive(string waitingFor)
    {
        Span<byte> start = stackalloc byte[DBusMessage.FixedLength];
        Fill(start, waitingFor);
        if (DBusMessage.LengthOf(start) is not { } length || length > LongestMessage)
        {
            throw new CrunException("cannot speak with systemd", "the bus sent what is no message");
        }

        byte[] message = new byte[length];
        start.CopyTo(message);
        Fill(message.AsSpan(DBusMessage.FixedLength), waitingFor);
        return DBusMessage.Decode(message);
    }

    private void Fill(Span<byte> buffer, string waitingFor)
    {
        for (int filled = 0; filled < buffer.Length;)
        {
            if (Descriptors.WaitForOne([(int)_socket.DangerousGetHandle()], PatienceMilliseconds) < 0)
            {
                throw new CrunException("cannot speak with systemd", $"no answer to {waitingFor} within {PatienceMilliseconds / 1000} seconds");
            }

            int got = Descriptors.Read(_socket, buffer[filled..]);
            filled += got > 0 ? got : throw new CrunException("cannot speak with systemd", $"the bus hung up before it answered {waitingFor}");
        }
    }
}

/// <summary>A bus's or systemd's refusal, by its name and in its words.</summary>
internal sealed class DBusRefusedException(DBusMessage error)
    : Exception(error.Signature.StartsWith('s') ? new DBusReader(error.Body).String() : error.ErrorName)
{
    public string Name { get; } = error.ErrorName;
}
